/*
 * kill-storm.c - `kill-storm COUNT`: COUNT children are killed at random instants. In turn they are
 * busy with system calls, fork, vfork, threads, execve, signals, stops, executable mappings, 8
 * threads with calls, and 8 threads one of which ends them all.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, MICROSECONDS = 3000 };

static void do_calls(void)
{
    getppid();
}

static void do_fork(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    if (child % 2) /* some are waited for, some are left to whoever comes */
        waitpid(child, NULL, 0);
}

/* A function of its own: what a vfork child shares with its parent is then nothing but this. */
__attribute__((noinline)) static void do_vfork(void)
{
    if (vfork() == 0)
        _exit(0);
}

static void *ask(void *argument)
{
    getppid();
    return argument;
}

static void do_threads(void)
{
    pthread_t threads[2];

    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, ask, NULL))
            _exit(2);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

static void do_execve(void)
{
    execl("/proc/self/exe", "kill-storm", (char *)NULL);
}

static void on_signal(int number)
{
    (void)number;
    getppid();
}

static void do_signals(void)
{
    signal(SIGUSR1, on_signal);
    raise(SIGUSR1);
}

static void do_stops(void)
{
    pid_t parent = getpid(), child = fork();

    if (child == 0) {
        usleep(100);
        for (int i = 0; i < 10; i++)
            kill(parent, i % 2 ? SIGCONT : SIGSTOP);
        kill(parent, SIGCONT);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void do_mappings(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    mprotect(page, 4096, PROT_READ);
    munmap(page, 4096);
}

static void *call(void *argument)
{
    for (;;)
        getppid();
    return argument;
}

static void start_threads(void)
{
    pthread_t thread;

    for (int i = 1; i < THREADS; i++)
        if (pthread_create(&thread, NULL, call, NULL))
            _exit(2);
}

static void do_calls_in_threads(void)
{
    start_threads();
    call(NULL);
}

static void do_exit_group(void)
{
    start_threads();
    usleep(rand() % MICROSECONDS);
    _exit(0);
}

static void (*const works[])(void) = { do_calls,     do_fork,     do_vfork,
                                       do_threads,   do_execve,   do_signals,
                                       do_stops,     do_mappings, do_calls_in_threads,
                                       do_exit_group };

int main(int argc, char **argv)
{
    int status;

    if (argc < 2) /* executed by a child */
        do_execve();
    for (int i = 0; i < atoi(argv[1]); i++) {
        pid_t child = fork();

        if (child == 0) {
            srand(i);
            for (;;)
                works[(size_t)i % (sizeof(works) / sizeof(*works))]();
        }
        usleep(rand() % MICROSECONDS);
        kill(child, SIGKILL);
        if (waitpid(child, &status, 0) != child || WIFSTOPPED(status))
            return 1;
    }
    return 0;
}
