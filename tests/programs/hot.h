/*
 * hot.h - what the programs hot-*.c have in common: calls that threads make many of, which are
 * counted where they are made. What was made, by all threads and all children that share or inherit
 * this memory, is in the end in the file `truth`, one line `CALL COUNT` for each, for
 * tests/e2e/hazards. What goes to stdout is the same in each run.
 *
 *   PROGRAM KIND [ARGUMENT]
 */
#ifndef HOT_H
#define HOT_H

#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

enum hot_call {
    HOT_GETPPID,
    HOT_GETUID,
    HOT_GETEUID,
    HOT_GETGID,
    HOT_GETEGID,
    HOT_GETPGRP, /* by a site for all calls, which is syscall(2)'s */
    HOT_GETSID,  /* by a site of the program's: one instruction before it */
    HOT_GETPGID, /* the same: three short ones */
    HOT_READ,    /* of /dev/zero: the only one with an argument that matters, and a short site */
    HOT_OFTEN,   /* so many can be asked for by hot_ask() */
    HOT_PPOLL = HOT_OFTEN,
    HOT_SLEEP,
    HOT_CALLS,
};

static long *hot_made; /* for each of them, in shared memory */
static int hot_zeros;
static int hot_stop; /* whoever hammers goes on until then */
static pthread_barrier_t hot_barrier;

/* Before or behind calls that were or will be made for sure. */
static inline void hot_count(enum hot_call call, long times)
{
    __atomic_fetch_add(&hot_made[call], times, __ATOMIC_RELAXED);
}

static __attribute__((noinline, unused)) long hot_getsid(void)
{
    long result;

    __asm__ volatile("xor %%edi, %%edi\n\t"
                     "mov $124, %%eax\n\t"
                     "syscall"
                     : "=a"(result)
                     :
                     : "rcx", "rdi", "r11", "memory");
    return result;
}

static __attribute__((noinline, unused)) long hot_getpgid(long number)
{
    long result;

    __asm__ volatile("mov %1, %%rax\n\t"
                     "xor %%edi, %%edi\n\t"
                     "xor %%esi, %%esi\n\t"
                     "syscall"
                     : "=&a"(result)
                     : "d"(number)
                     : "rcx", "rdi", "rsi", "r11", "memory");
    return result;
}

static inline void hot_make(enum hot_call call)
{
    char byte = 1;

    switch (call) {
    case HOT_GETPPID:
        getppid();
        break;
    case HOT_GETUID:
        getuid();
        break;
    case HOT_GETEUID:
        geteuid();
        break;
    case HOT_GETGID:
        getgid();
        break;
    case HOT_GETEGID:
        getegid();
        break;
    case HOT_GETPGRP:
        syscall(SYS_getpgrp);
        break;
    case HOT_GETSID:
        hot_getsid();
        break;
    case HOT_GETPGID:
        hot_getpgid(121);
        break;
    default:
        if (read(hot_zeros, &byte, 1) != 1 || byte)
            errx(1, "a wrong zero");
    }
}

static __attribute__((noinline, unused)) void hot_ask(enum hot_call call, int times)
{
    for (int i = 0; i < times; i++)
        hot_make(call);
    hot_count(call, times);
}

static __attribute__((noinline, unused)) void hot_ask_all(int times)
{
    for (int call = 0; call < HOT_OFTEN; call++)
        hot_ask((enum hot_call)call, times);
}

/* ---- Threads ---- */

enum { HOT_STACK = 64 * 1024 };

static inline pthread_t hot_start(void *(*work)(void *), void *argument)
{
    pthread_attr_t small;
    pthread_t thread;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, HOT_STACK);
    if (pthread_create(&thread, &small, work, argument))
        errx(1, "no thread");
    pthread_attr_destroy(&small);
    return thread;
}

static inline void hot_start_all(pthread_t *threads, int count, void *(*work)(void *))
{
    for (long i = 0; i < count; i++)
        threads[i] = hot_start(work, (void *)i);
}

static inline void hot_join_all(const pthread_t *threads, int count)
{
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* All at the same time. */
static __attribute__((unused)) void hot_run(int count, void *(*work)(void *))
{
    pthread_t *threads = (pthread_t *)calloc((size_t)count, sizeof(*threads));

    pthread_barrier_init(&hot_barrier, NULL, (unsigned)count);
    hot_start_all(threads, count, work);
    hot_join_all(threads, count);
    pthread_barrier_destroy(&hot_barrier);
    free(threads);
}

/* Those who hammer while others do what the test is about. */
enum { HOT_HAMMERS = 2 };

static __attribute__((unused)) void *hot_hammer(void *unused)
{
    while (!__atomic_load_n(&hot_stop, __ATOMIC_RELAXED)) {
        hot_ask(HOT_GETPPID, 10);
        hot_ask(HOT_GETSID, 5);
    }
    return unused;
}

static __attribute__((unused)) void hot_run_hammered(int count, void *(*work)(void *))
{
    pthread_t hammers[HOT_HAMMERS];

    hot_start_all(hammers, HOT_HAMMERS, hot_hammer);
    hot_run(count, work);
    __atomic_store_n(&hot_stop, 1, __ATOMIC_RELAXED);
    hot_join_all(hammers, HOT_HAMMERS);
}

/* ---- Processes ---- */

static __attribute__((unused)) void hot_await(pid_t child, int expected)
{
    int status;

    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != expected)
        errx(1, "a child ended otherwise");
}

/* ---- Signals ---- */

static __attribute__((unused)) void hot_handle(int number, void (*handler)(int), int flags)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigaction(number, &action, NULL);
}

static __attribute__((unused)) void hot_tick(int microseconds)
{
    const struct itimerval often = { { 0, microseconds }, { 0, microseconds } };

    setitimer(ITIMER_REAL, &often, NULL);
}

static __attribute__((unused)) void hot_mask(int how, int number)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, number);
    pthread_sigmask(how, &one, NULL);
}

/* ---- A program ---- */

struct hot_kind {
    const char *name;
    void (*run)(const char *argument);
    bool exact; /* Is it known what was made? */
};

static void hot_tell(void)
{
    static const char *const names[HOT_CALLS] = {
        "getppid", "getuid",  "geteuid", "getgid", "getegid",         "getpgrp",
        "getsid",  "getpgid", "read",    "ppoll",  "clock_nanosleep",
    };
    FILE *file = fopen("truth", "w");

    for (int i = 0; file && i < HOT_CALLS; i++)
        if (hot_made[i])
            fprintf(file, "%s %ld\n", names[i], hot_made[i]);
    if (!file || fclose(file))
        err(1, "truth");
}

static int hot_main(int argc, char **argv, const struct hot_kind *kinds, size_t count)
{
    hot_made = (long *)mmap(NULL, HOT_CALLS * sizeof(*hot_made), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    hot_zeros = open("/dev/zero", O_RDONLY);
    if (hot_made == MAP_FAILED || hot_zeros < 0)
        err(1, "no memory, or no zeros");
    for (size_t i = 0; argc > 1 && i < count; i++) {
        if (strcmp(argv[1], kinds[i].name))
            continue;
        kinds[i].run(argc > 2 ? argv[2] : NULL);
        if (kinds[i].exact)
            hot_tell();
        printf("done\n");
        return 0;
    }
    errx(2, "no such kind");
}

#endif
