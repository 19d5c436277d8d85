/*
 * phases.c - a program whose life has parts. All these calls are the executable's.
 *
 * `phases run`: getppid twice; serve(), in which getuid three times; getgid; in a thread getpgrp
 * twice; a child of fork: geteuid twice, then it executes `phases again`: getegid, and serve().
 *
 * `phases driven`: does what the bytes of standard input say, and writes a byte after each:
 *   c  getuid in the first thread and getgid in the second, which waits in read(2) as the first
 * does f  a child of fork: geteuid x  a child that executes `phases once`: getegid
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int to_thread[2], from_thread[2];

__attribute__((noinline)) static void serve(void)
{
    for (int i = 0; i < 3; i++)
        getuid();
}

static void check(int right)
{
    if (!right)
        _exit(1);
}

static void *get_group(void *unused)
{
    getpgrp();
    getpgrp();
    return unused;
}

static void execute(const char *word)
{
    execl("/proc/self/exe", "phases", word, (char *)NULL);
    check(0);
}

static void wait_for(pid_t child)
{
    int status;

    check(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void run(void)
{
    pthread_t thread;

    getppid();
    getppid();
    serve();
    getgid();
    check(!pthread_create(&thread, NULL, get_group, NULL) && !pthread_join(thread, NULL));
    pid_t child = fork();
    if (!child) {
        geteuid();
        geteuid();
        execute("again");
    }
    wait_for(child);
}

static void *be_second(void *unused)
{
    char byte;

    while (read(to_thread[0], &byte, 1) == 1) {
        getgid();
        check(write(from_thread[1], &byte, 1) == 1);
    }
    return unused;
}

static void obey(char byte)
{
    if (byte == 'c') {
        getuid();
        check(write(to_thread[1], &byte, 1) == 1 && read(from_thread[0], &byte, 1) == 1);
        return;
    }
    pid_t child = fork();
    if (!child) {
        if (byte == 'x')
            execute("once");
        geteuid();
        _exit(0);
    }
    wait_for(child);
}

static void be_driven(void)
{
    pthread_t thread;
    char byte;

    check(!pipe(to_thread) && !pipe(from_thread) &&
          !pthread_create(&thread, NULL, be_second, NULL));
    while (read(STDIN_FILENO, &byte, 1) == 1) {
        obey(byte);
        check(write(STDOUT_FILENO, &byte, 1) == 1);
    }
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "run";

    if (!strcmp(word, "run")) {
        run();
    } else if (!strcmp(word, "driven")) {
        be_driven();
    } else {
        getegid();
        if (!strcmp(word, "again"))
            serve();
    }
    return 0;
}
