/* clock.h - times in nanoseconds. */
#ifndef SYSTRACE_CLOCK_H
#define SYSTRACE_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* 0 if there is no such clock. */
static inline int64_t clock_read(clockid_t clock)
{
    struct timespec time = { 0 };

    clock_gettime(clock, &time);
    return clock_nanoseconds(time);
}

/* By which the tracer decides when to do things again. */
static inline uint64_t clock_now(void)
{
    return (uint64_t)clock_read(CLOCK_MONOTONIC);
}

#endif
