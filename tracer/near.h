/*
 * near.h - keeps the tracer and a tracee that stops all the time on one CPU. Each stop is two
 * wake-ups, and a wake-up of an idle CPU costs several times as much as all else that we do. Left
 * alone, the scheduler moves the woken tracee to an idle CPU each time, because its own is busy:
 * with us, who are about to sleep.
 *
 * So the tracer binds itself to a CPU, and a tracee that stops often is resumed with its affinity
 * narrowed to that CPU and set back at once: it is on our CPU's queue then, and free to be moved.
 * The program cannot notice, for that is not done while any tracee is in a call that could tell or
 * pass on an affinity (sched_getaffinity, clone, reading /proc/PID/status): who wants to know must
 * enter such a call first, and stops there.
 */
#ifndef SYSTRACE_NEAR_H
#define SYSTRACE_NEAR_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct near {
    bool enabled;
    cpu_set_t own;     /* where the tracer may run */
    unsigned watchers; /* tracees in a call that sees affinities */
    int cpu;           /* where it has bound itself; -1: nowhere */
    cpu_set_t here;    /* that CPU alone */
    uint64_t bound_at; /* nanoseconds; the choice of the CPU is renewed from time to time */
};

void near_init(struct near *near, bool enabled);

/* From its entry until the next stop a tracee may learn or pass on an affinity; *noted: that this
 * is known of it. */
static inline void near_watch(struct near *near, bool *noted, bool watches)
{
    near->watchers += watches;
    near->watchers -= *noted;
    *noted = watches;
}

/*
 * PTRACE_CONT or PTRACE_SYSCALL with `signal`. `alone`: the process has no other thread, which
 * might be spinning on its CPU until this one has done its part. *resumed_at is when the tracee was
 * last resumed (0: never) and is set to now: it tells how often the tracee stops.
 */
void near_resume(struct near *near, pid_t tid, int request, int signal, bool alone,
                 uint64_t *resumed_at);

#endif
