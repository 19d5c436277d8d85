/* fatal.c - lets go of a thread whose fault is to end the first process of a namespace. */
#include "fatal.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <time.h>

#include "family.h"
#include "procfs.h"
#include "request.h"
#include "threadregs.h"
#include "view.h"

enum {
    DYING_MILLISECONDS = 1000, /* it takes microseconds */
    /* Of include/linux/sched.h: the thread is ending, or writes a core dump first. */
    PF_EXITING = 0x4,
    PF_DUMPCORE = 0x200,
    PF_SIGNALED = 0x400,
};

static bool is_first_process(struct process *process)
{
    if (process->rank == RANK_UNKNOWN)
        process->rank = procfs_inner_pid(process->pid) == 1 ? RANK_FIRST : RANK_OTHER;
    return process->rank == RANK_FIRST;
}

static bool is_by_fault(int signal)
{
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
           signal == SIGTRAP || signal == SIGSYS;
}

static bool is_dying(pid_t tid)
{
    char state;
    unsigned flags;

    return !procfs_stat(tid, &state, &flags) || flags & (PF_EXITING | PF_DUMPCORE | PF_SIGNALED);
}

/* Should it, against all reckoning, live on, it must not do so unseen. */
static void see_it_die(pid_t pid, pid_t tid)
{
    static const struct timespec millisecond = { 0, 1000000 };

    for (int i = 0; i < DYING_MILLISECONDS && !is_dying(tid); i++)
        nanosleep(&millisecond, NULL);
    if (!is_dying(tid))
        kill(pid, SIGKILL);
}

bool fatal_let_go(struct tracer *tracer, struct tracee *tracee, int signal)
{
    pid_t tid = tracee->tid, pid = tracee->process->pid;
    siginfo_t info;

    if (!is_by_fault(signal) || !is_first_process(tracee->process) ||
        !request_send(PTRACE_GETSIGINFO, tid, 0, (uintptr_t)&info) || info.si_code <= 0 ||
        procfs_catches(tid, signal))
        return false;
    const struct view view = { tracee, &tracer->served, NULL, NULL };
    const struct target target = view_target(&view);
    threadregs_repeat_fault(tid, &info, &target);
    if (!request_send(PTRACE_DETACH, tid, 0, 0))
        return false;
    family_forget(tracer, tracee);
    see_it_die(pid, tid);
    return true;
}
