/*
 * libworker.c - a library for one thread, built 8 times with WORKER 0..7: workN calls getppid
 * 100 * (N + 1) times. work_start, a thread's start routine, calls getsid 2 times.
 */
#include <unistd.h>

#define NAME(prefix, number)  NAME_(prefix, number)
#define NAME_(prefix, number) prefix##number

void NAME(work, WORKER)(void);
void *NAME(work_start, WORKER)(void *);

void NAME(work, WORKER)(void)
{
    for (int i = 0; i < 100 * (WORKER + 1); i++)
        getppid();
}

void *NAME(work_start, WORKER)(void *argument)
{
    getsid(0);
    getsid(0);
    return argument;
}
