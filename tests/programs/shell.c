/*
 * shell.c - `shell FILE`: runs FILE by system(3) and by popen(3), whose children share its memory
 * until their execve; then one more, by vfork, in which it waits until that child has slept and
 * said so. It prints what it got from them. With `shell interrupt`: says "ready" from a vfork child
 * that then sleeps for 10 s, and waits for it. With `shell system`: says how a sleep of 10 s by
 * system(3) ended, for whose time it ignores ^C itself.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A function of its own: what a vfork child shares with its parent is then nothing but this. */
__attribute__((noinline)) static pid_t vfork_sleeper(unsigned microseconds, const char *word)
{
    pid_t child = vfork();

    if (child == 0) {
        if (write(STDOUT_FILENO, word, strlen(word)) < 0)
            _exit(2);
        usleep(microseconds);
        _exit(5);
    }
    return child;
}

static int await(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) == child ? status : -1;
}

static int run(const char *file)
{
    char line[256];
    FILE *pipe;

    printf("system: %d\n", system(file));
    fflush(stdout);
    pipe = popen(file, "re");
    if (!pipe || !fgets(line, sizeof(line), pipe))
        return 2;
    printf("popen: %s", line);
    printf("pclose: %d\n", pclose(pipe));
    fflush(stdout);
    printf("vfork: %#x\n", await(vfork_sleeper(1000, "vfork child\n")));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    if (!strcmp(argv[1], "interrupt"))
        return await(vfork_sleeper(10000000, "ready\n")) != 0;
    if (strcmp(argv[1], "system"))
        return run(argv[1]);
    printf("system: %#x\n", system("echo ready; exec sleep 10"));
    return 6;
}
