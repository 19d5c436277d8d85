/*
 * resume.c - lets tracees go on, stops them, and has their calls restarted.
 *
 * A tracee goes on to the next entry (PTRACE_CONT: our filter stops it), or also to the exit of the
 * call it is in (PTRACE_SYSCALL): if something is to be done there, or if its filters may deny a
 * call before ours sees it. Who has begun to be watched so must be to the end of the call.
 *
 * A stop that we ask for, or a signal that comes to nothing, wakes a thread from a call that
 * blocks. The kernel restarts it by what it finds in the register of the result: -ERESTARTNOHAND.
 * Some calls leave -EINTR there, which the program would see; we write the other in its place.
 */
#include "resume.h"

#include <errno.h>
#include <sys/ptrace.h>

#include "record/clock.h"
#include "procfs.h"
#include "request.h"
#include "threadregs.h"

/* include/linux/errno.h: restart the call, the third one unless a handler runs */
enum { ERESTARTSYS = 512, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK = 516 };

void resume_tracee(struct tracer *tracer, struct tracee *tracee, int signal)
{
    const struct process *process = tracee->process;
    struct call_state *call = &tracee->call;
    /* What was counted at a stop by PTRACE_SYSCALL must not be left in the midst: by our filter's
     * stop it would be counted again, or by in_call the next call not at all. */
    bool stop_at_exit = !tracer->seccomp || process->own_filter || process->installers ||
                        call->in_call || call->changing_map || call->observed || call->asks_mode ||
                        call->entering_strict;

    stop_at_exit = (stop_at_exit && !tracer->leaving) || call->clone.untraced;

    if (call->observed && !call->resumed)
        call->resumed = clock_now();
    near_resume(&tracer->near, tracee->tid, stop_at_exit ? PTRACE_SYSCALL : PTRACE_CONT, signal,
                tracee->process->references == 1, &tracee->resumed_at);
}

void resume_interrupt(struct tracee *tracee)
{
    tracee->interrupted = request_send(PTRACE_INTERRUPT, tracee->tid, 0, 0);
}

bool resume_restarted(const struct tracer *tracer, const struct tracee *tracee, bool stopping)
{
    static const uint64_t none[6];
    struct __ptrace_syscall_info info;
    int64_t nr;
    int result;

    if (!threadregs_call(tracee->tid, &nr, &result) || nr < 0 ||
        result != (stopping ? -ERESTARTNOHAND : -EINTR) ||
        !request_syscall_info(tracee->tid, &info))
        return false;
    struct syscall call = meanings_read(&tracer->meanings, info.arch, (uint64_t)nr, none);
    if (!meanings_unrestarted(&tracer->meanings, call.abi, call.nr))
        return false;
    return threadregs_set_result(tracee->tid, stopping ? -EINTR : -ERESTARTNOHAND, false);
}

bool resume_repeats(const struct tracee *tracee)
{
    int64_t nr;
    int result;

    return threadregs_call(tracee->tid, &nr, &result) && nr >= 0 &&
           (result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
            result == -ERESTART_RESTARTBLOCK);
}

void resume_watched(struct tracer *tracer, struct tracee *installer)
{
    struct process *process = installer->process;

    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (t->process == process && t != installer && !t->installing)
            resume_interrupt(t);
    }
    installer->installing = true;
    tracer->installing++;
}

static bool siblings_watched(const struct tracer *tracer, const struct process *process)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (t->process == process && t->interrupted && procfs_state(t->tid) == 'R')
            return false;
    }
    return true;
}

void resume_installers(struct tracer *tracer)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (t->installing && siblings_watched(tracer, t->process)) {
            t->installing = false;
            tracer->installing--;
            resume_tracee(tracer, t, 0);
        }
    }
}
