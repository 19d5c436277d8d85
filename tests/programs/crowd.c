/*
 * crowd.c - `crowd threads|processes|chain COUNT`: so many threads, or processes, all alive at
 * once, each of which calls getpgrp once and goes when all have done so; or a chain of processes,
 * each the child of one that is gone by then, the last of which calls getpgrp. All of them are the
 * executable's.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK = 64 * 1024 };

static pthread_barrier_t barrier;

static void *ask(void *argument)
{
    getpgrp();
    pthread_barrier_wait(&barrier);
    return argument;
}

static int threads(int count)
{
    pthread_t *all = calloc(count, sizeof(*all));
    pthread_attr_t small;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK);
    pthread_barrier_init(&barrier, NULL, count);
    for (int i = 0; i < count; i++)
        if (pthread_create(&all[i], &small, ask, NULL))
            return 1;
    for (int i = 0; i < count; i++)
        pthread_join(all[i], NULL);
    free(all);
    return 0;
}

static int processes(int count)
{
    int come[2], go[2], status;
    char byte;

    if (pipe(come) || pipe(go))
        return 1;
    for (int i = 0; i < count; i++) {
        pid_t child = fork();

        if (child < 0)
            return 1;
        if (child == 0) {
            close(go[1]);
            getpgrp();
            _exit(write(come[1], "", 1) != 1 || read(go[0], &byte, 1) != 0);
        }
    }
    for (int i = 0; i < count; i++)
        if (read(come[0], &byte, 1) != 1)
            return 1;
    close(go[1]);
    for (int i = 0; i < count; i++)
        if (wait(&status) < 0 || status)
            return 1;
    return 0;
}

static int chain(int count)
{
    for (int i = 0; i < count; i++)
        if (fork())
            _exit(0);
    getpgrp();
    _exit(0);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "threads"))
        return threads(atoi(argv[2]));
    if (argc == 3 && !strcmp(argv[1], "processes"))
        return processes(atoi(argv[2]));
    if (argc == 3 && !strcmp(argv[1], "chain"))
        return chain(atoi(argv[2]));
    fprintf(stderr, "usage: crowd threads|processes|chain COUNT\n");
    return 2;
}
