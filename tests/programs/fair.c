/*
 * fair.c - 50 threads in loops of getpgrp, none of which ends before every one has called it 100
 * times: with a tracer that serves but one of them it would take forever.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 50, CALLS = 100 };

static atomic_int done;

static void *work(void *argument)
{
    for (int i = 0; i < CALLS || done < THREADS; i++) {
        if (i == CALLS - 1)
            done++;
        getpgrp();
    }
    return argument;
}

int main(void)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL))
            return 2;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
