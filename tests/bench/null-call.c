/* null-call.c - getppid, 12 frames deep: nothing but the cost of a call under a tracer.
 *
 *   null-call CALLS [THREADS [WAITING [MODULE...]]]
 *
 * Loads the modules, starts as many threads that wait for ever, and makes the calls in each of
 * THREADS threads; in the main thread if that is 0. */
#include <dlfcn.h>
#include <err.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { DEPTH = 12, STACK_SIZE = 1 << 16 };

static long calls;

static __attribute__((noinline)) long descend(int depth)
{
    long sum = 0;

    if (depth) {
        sum = descend(depth - 1);
        __asm__ volatile("" : "+r"(sum)); /* no tail call */
        return sum;
    }
    for (long i = 0; i < calls; i++)
        sum += getppid();
    return sum;
}

static void *work(void *unused)
{
    descend(DEPTH - 1);
    return unused;
}

static void *wait_for_ever(void *unused)
{
    pause();
    return unused;
}

static pthread_t start(void *(*function)(void *))
{
    pthread_attr_t attributes;
    pthread_t thread;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    if (pthread_create(&thread, &attributes, function, NULL))
        errx(1, "cannot start a thread");
    return thread;
}

int main(int argc, char **argv)
{
    long threads = argc > 2 ? atol(argv[2]) : 0;
    long waiting = argc > 3 ? atol(argv[3]) : 0;

    calls = argc > 1 ? atol(argv[1]) : 0;
    for (int i = 4; i < argc; i++)
        if (!dlopen(argv[i], RTLD_NOW))
            errx(1, "%s", dlerror());
    for (long i = 0; i < waiting; i++)
        start(wait_for_ever);
    if (!threads) {
        work(NULL);
        return 0;
    }
    pthread_t *workers = calloc((size_t)threads, sizeof(*workers));
    if (!workers)
        err(1, "calloc");
    for (long i = 0; i < threads; i++)
        workers[i] = start(work);
    for (long i = 0; i < threads; i++)
        pthread_join(workers[i], NULL);
    free(workers);
    return 0;
}
