/*
 * vdso.c - functions of the vDSO that need no system call, 1,000 times, and such that make one
 * after all: 3 clock_gettime of the process's CPU time and 1 clock_getres of the thread's. The
 * executable asks, the vDSO issues.
 */
#include <time.h>

int main(void)
{
    struct timespec time;

    for (int i = 0; i < 1000; i++)
        clock_gettime(CLOCK_MONOTONIC, &time);
    for (int i = 0; i < 3; i++)
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return clock_getres(CLOCK_THREAD_CPUTIME_ID, &time);
}
