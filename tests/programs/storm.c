/*
 * storm.c - `storm KIND COUNT`: COUNT times the same thing, as fast as it can. fork, vfork: a child
 * that ends at once, waited for; spawn: posix_spawn of /bin/true, waited for; threads: threads, 10
 * at a time, that call getppid once and end; exec: this program executes itself with COUNT - 1;
 * signals: raise(3) of a signal whose handler calls getppid; calls: getppid. All calls of that name
 * are the executable's.
 */
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int await(pid_t child)
{
    int status;

    return waitpid(child, &status, 0) != child || status != 0;
}

static int storm_fork(int count)
{
    for (int i = 0; i < count; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(0);
        if (await(child))
            return 1;
    }
    return 0;
}

/* A function of its own: what a vfork child shares with its parent is then nothing but this. */
__attribute__((noinline)) static pid_t vfork_child(void)
{
    pid_t child = vfork();

    if (child == 0)
        _exit(0);
    return child;
}

static int storm_vfork(int count)
{
    for (int i = 0; i < count; i++)
        if (await(vfork_child()))
            return 1;
    return 0;
}

static int storm_spawn(int count)
{
    for (int i = 0; i < count; i++) {
        pid_t child;

        if (posix_spawn(&child, "/bin/true", NULL, NULL, (char *[]){ "true", NULL },
                        (char *[]){ NULL }) ||
            await(child))
            return 1;
    }
    return 0;
}

static void *ask(void *argument)
{
    getppid();
    return argument;
}

static int storm_threads(int count)
{
    enum { BATCH = 10 };
    pthread_t threads[BATCH];

    for (int i = 0; i < count; i += BATCH) {
        for (int j = 0; j < BATCH; j++)
            if (pthread_create(&threads[j], NULL, ask, NULL))
                return 1;
        for (int j = 0; j < BATCH; j++)
            pthread_join(threads[j], NULL);
    }
    return 0;
}

static int storm_exec(int count)
{
    char number[16];

    if (count == 0)
        return 0;
    snprintf(number, sizeof(number), "%d", count - 1);
    execl("/proc/self/exe", "storm", "exec", number, (char *)NULL);
    return 1;
}

static void handle(int signal)
{
    (void)signal;
    getppid();
}

static int storm_signals(int count)
{
    signal(SIGUSR1, handle);
    for (int i = 0; i < count; i++)
        raise(SIGUSR1);
    return 0;
}

static int storm_calls(int count)
{
    for (int i = 0; i < count; i++)
        getppid();
    return 0;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int count);
    } kinds[] = {
        { "fork", storm_fork },       { "vfork", storm_vfork }, { "spawn", storm_spawn },
        { "threads", storm_threads }, { "exec", storm_exec },   { "signals", storm_signals },
        { "calls", storm_calls },
    };

    for (size_t i = 0; argc == 3 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (strcmp(argv[1], kinds[i].name) == 0)
            return kinds[i].run(atoi(argv[2]));
    fprintf(stderr, "usage: storm fork|vfork|spawn|threads|exec|signals|calls COUNT\n");
    return 2;
}
