/*
 * killed-clone.c - `killed-clone COUNT`: 4 processes kill COUNT children each, which do nothing but
 * fork, at random instants: in the midst of fork, too. Meanwhile 4 other processes run COUNT times
 * posix_spawn each of /bin/true: the 4 * COUNT calls of execve are this executable's, whoever was
 * killed.
 */
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 4 };

static void fork_forever(void)
{
    for (;;)
        if (fork() == 0)
            _exit(0);
}

static int kill_children(int count)
{
    int status;

    for (int i = 0; i < count; i++) {
        pid_t child = fork();

        if (child == 0)
            fork_forever();
        usleep(rand() % 1000);
        kill(child, SIGKILL);
        if (waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
            return 1;
    }
    return 0;
}

static int spawn_children(int count)
{
    char *arguments[] = { "true", NULL }, *environment[] = { NULL };
    int status;

    for (int i = 0; i < count; i++) {
        pid_t child;

        if (posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environment) ||
            waitpid(child, &status, 0) != child || status)
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    int status, bad = argc != 2, count = argc == 2 ? atoi(argv[1]) : 0;

    for (int i = 0; i < 2 * PROCESSES; i++) {
        if (fork() == 0) {
            srand(i);
            _exit(i % 2 ? kill_children(count) : spawn_children(count));
        }
    }
    while (wait(&status) > 0)
        bad |= status;
    return bad != 0;
}
