/* b.c - a call of getpgid, and one of sched_get_priority_max by a thread that it starts. */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "../../parts.h"

static void *thread(void *argument)
{
    parts_result += (unsigned)sched_get_priority_max(SCHED_FIFO) + 1;
    return argument;
}

int b_ask(void)
{
    pthread_t id;

    if (!pthread_create(&id, NULL, thread, NULL))
        pthread_join(id, NULL);
    return getpgid(0) + 1;
}

int b_call(int (*function)(void))
{
    return function() + 1;
}
