/* near.c - places tracees by their affinity, for the instant of their wake-up. */
#include "near.h"

#include <errno.h>
#include <sys/ptrace.h>

#include "record/clock.h"
#include "request.h"

enum {
    OFTEN = 150000,   /* nanoseconds from being resumed to the next resuming: cheaper near */
    RENEW = 50000000, /* nanoseconds after which the scheduler may choose another CPU for us */
};

void near_init(struct near *near, bool enabled)
{
    *near = (struct near){ .enabled = enabled, .cpu = -1 };
    if (sched_getaffinity(0, sizeof(near->own), &near->own) < 0 || CPU_COUNT(&near->own) < 2)
        near->enabled = false;
}

/* Lets the tracer go where the scheduler likes. */
static void unbind_self(struct near *near)
{
    if (near->cpu >= 0)
        sched_setaffinity(0, sizeof(near->own), &near->own);
    near->cpu = -1;
}

/* Binds the tracer to the CPU where it is; not right after it was let go, so that it can have
 * moved. */
static void bind_self(struct near *near, uint64_t time)
{
    near->bound_at = time;
    near->cpu = sched_getcpu();
    CPU_ZERO(&near->here);
    CPU_SET(near->cpu, &near->here);
    if (sched_setaffinity(0, sizeof(near->here), &near->here) < 0)
        near->cpu = -1;
}

/* Narrows the affinity of the tracee to our CPU; true if it is to be set back to *former. */
static bool narrow(const struct near *near, pid_t tid, cpu_set_t *former)
{
    return near->cpu >= 0 && sched_getaffinity(tid, sizeof(*former), former) >= 0 &&
           !CPU_EQUAL(former, &near->here) && CPU_ISSET(near->cpu, former) &&
           !sched_setaffinity(tid, sizeof(near->here), &near->here);
}

void near_resume(struct near *near, pid_t tid, int request, int signal, bool alone,
                 uint64_t *resumed_at)
{
    cpu_set_t former;
    uint64_t time = near->enabled ? clock_now() : 0;
    bool often = alone && *resumed_at && time - *resumed_at < OFTEN;
    bool narrowed = false;

    *resumed_at = time;
    if (near->cpu >= 0 && time - near->bound_at > RENEW)
        unbind_self(near);
    else if (often && near->cpu < 0)
        bind_self(near, time);
    if (often && !near->watchers)
        narrowed = narrow(near, tid, &former);
    int error = ptrace(request, tid, 0, (uintptr_t)signal) < 0 ? errno : 0;
    if (narrowed)
        sched_setaffinity(tid, sizeof(former), &former);
    if (error)
        request_failed(tid, error);
}
