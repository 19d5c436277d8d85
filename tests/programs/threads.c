/*
 * threads.c - 8 threads at once, each in a library of its own: libworkerN calls getppid 100 * (N +
 * 1) times. The start routine is the executable's, which is therefore on the stack of all 3600.
 * What a thread does to start and end (set_robust_list, rseq, exit) is libc's own; the executable
 * asks for the 8 clone3.
 */
#include <pthread.h>

#define WORKERS(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)

#define DECLARE(n) void work##n(void);
#define ELEMENT(n) work##n,
WORKERS(DECLARE)
static void (*const works[])(void) = { WORKERS(ELEMENT) };

enum { COUNT = sizeof(works) / sizeof(works[0]) };

static void *start(void *work)
{
    (*(void (*const *)(void))work)();
    return NULL;
}

int main(void)
{
    pthread_t threads[COUNT];

    for (int i = 0; i < COUNT; i++)
        if (pthread_create(&threads[i], NULL, start, (void *)&works[i]))
            return 1;
    for (int i = 0; i < COUNT; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
