/* fatal.c - lets go of a thread whose fault is to end the first process of a namespace. */
#include "fatal.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <time.h>

#include "family.h"
#include "procfs.h"
#include "request.h"
#include "view.h"

enum {
    SYSCALL_SIZE = 2,
    DYING_MILLISECONDS = 1000, /* it takes microseconds */
    /* Of include/linux/sched.h: the thread is ending, or writes a core dump first. */
    PF_EXITING = 0x4,
    PF_DUMPCORE = 0x200,
    PF_SIGNALED = 0x400,
};

#define OUT_OF_REACH UINT64_C(0xffff800000000000) /* the kernel's, whatever is there */

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

/* The size of the breakpoint instruction that ends here; 0: there is none. */
static unsigned breakpoint_size(const struct view *view, uint64_t end)
{
    enum { INT = 0xcd, INT3 = 0xcc, INT1 = 0xf1 };
    struct target target = view_target(view);
    unsigned char code[2];

    if (target.read(target.context, end - sizeof(code), code, sizeof(code)) != sizeof(code))
        return 0;
    if (code[0] == INT && code[1] == 3)
        return 2;
    return code[1] == INT3 || code[1] == INT1;
}

/*
 * Sees to it that the next thing that happens is that signal. A fault leaves the pc where it was; a
 * trap leaves it behind the instruction. With SI_KERNEL it is not known what happened (the stack
 * may have had no room for the frame of a signal handler), so another cause is given.
 */
static void make_certain(struct tracer *tracer, const struct tracee *tracee, const siginfo_t *info)
{
    const struct view view = { tracee, &tracer->served, NULL, NULL };
    struct user_regs_struct registers;

    if (!request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&registers))
        return;
    if (info->si_signo == SIGSYS)
        registers.rip -= SYSCALL_SIZE;
    else if (info->si_signo == SIGTRAP)
        registers.rip -= breakpoint_size(&view, registers.rip);
    else if (info->si_signo == SIGSEGV && info->si_code == SI_KERNEL)
        registers.rip = OUT_OF_REACH;
    request_send(PTRACE_SETREGS, tracee->tid, 0, (uintptr_t)&registers);
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
    make_certain(tracer, tracee, &info);
    if (!request_send(PTRACE_DETACH, tid, 0, 0))
        return false;
    family_forget(tracer, tracee);
    see_it_die(pid, tid);
    return true;
}
