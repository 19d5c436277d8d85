/* near.c - places tracees by their affinity, for the instant of their wake-up. */
#include "near.h"

#include <sys/ptrace.h>
#include <time.h>

enum {
    OFTEN = 150000,   /* nanoseconds from being resumed to the next resuming: cheaper near */
    RENEW = 50000000, /* nanoseconds after which the scheduler may choose another CPU for us */
    SECOND = 1000000000,
};

void near_init(struct near *near, bool enabled)
{
    *near = (struct near){ .enabled = enabled, .cpu = -1 };
    if (sched_getaffinity(0, sizeof(near->own), &near->own) < 0 || CPU_COUNT(&near->own) < 2)
        near->enabled = false;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/* Binds the tracer to the CPU where it is, or lets it go where the scheduler likes, for a new
 * choice. */
static void bind_self(struct near *near, uint64_t time)
{
    cpu_set_t one;

    if (near->cpu >= 0 && time - near->bound_at < RENEW)
        return;
    near->bound_at = time;
    if (near->cpu >= 0) {
        sched_setaffinity(0, sizeof(near->own), &near->own);
        near->cpu = -1;
        return;
    }
    near->cpu = sched_getcpu();
    CPU_ZERO(&one);
    CPU_SET(near->cpu, &one);
    if (sched_setaffinity(0, sizeof(one), &one) < 0)
        near->cpu = -1;
}

void near_resume(struct near *near, pid_t tid, int request, int signal, uint64_t *resumed_at)
{
    cpu_set_t former, here;
    uint64_t time = near->enabled ? now() : 0;
    bool often = near->enabled && *resumed_at && time - *resumed_at < OFTEN && !near->watchers;
    bool moved = false;

    *resumed_at = time;
    if (often) {
        bind_self(near, time);
        if (near->cpu >= 0 && !sched_getaffinity(tid, sizeof(former), &former) &&
            CPU_COUNT(&former) > 1 && CPU_ISSET(near->cpu, &former)) {
            CPU_ZERO(&here);
            CPU_SET(near->cpu, &here);
            moved = !sched_setaffinity(tid, sizeof(here), &here);
        }
    }
    ptrace(request, tid, 0, (uintptr_t)signal);
    if (moved)
        sched_setaffinity(tid, sizeof(former), &former);
}
