/* lineage.c - reads the messages of events, and /proc. */
#include "lineage.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "agents.h"
#include "entry.h"
#include "family.h"
#include "permission.h"
#include "procfs.h"
#include "record.h"
#include "request.h"
#include "signals.h"

/* Gives a tracee the place that /proc tells. */
static void find_place(struct tracer *tracer, struct tracee *tracee)
{
    pid_t pid = (pid_t)procfs_status(tracee->tid, "Tgid");

    if (!family_join(tracer, tracee, pid))
        family_found(tracer, tracee, pid, record_program(tracer->run, tracee->tid));
}

void lineage_child(struct tracer *tracer, struct tracee *parent, int event)
{
    unsigned long tid = 0;

    if (!request_send(PTRACE_GETEVENTMSG, parent->tid, 0, (uintptr_t)&tid))
        return;
    bool exists = !kill((pid_t)tid, 0) || errno != ESRCH;
    struct tracee *child = family_child(tracer, parent, (pid_t)tid, exists);
    if (child) {
        /* We attached to the parent in the midst of the call, or could not read its arguments. */
        find_place(tracer, child);
        if (child->process->references == 1)
            child->process->phases = phase_state_fork(&parent->process->phases);
        child->spawned_by = event == PTRACE_EVENT_VFORK ? UNKNOWN_STACK : NO_STACK;
    }
}

static bool is_expected(const struct tracer *tracer, pid_t tid)
{
    pid_t pid = (pid_t)procfs_status(tid, "Tgid");
    return family_expects(tracer, pid == tid ? (pid_t)procfs_status(tid, "PPid") : pid);
}

void lineage_adopt_orphans(struct tracer *tracer)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (!t->process && t->held && !is_expected(tracer, t->tid)) {
            find_place(tracer, t);
            if (t->process->references == 1)
                t->spawned_by = UNKNOWN_STACK; /* perhaps */
            tracer->orphans -= tracer->orphans > 0;
        }
    }
}

/* The execve that started it all is the tracer's, but the program's first call. */
static void start(struct tracer *tracer, const struct process *process)
{
    struct frame frame = { .module = MODULE_START };
    int64_t stack = stacks_intern(&tracer->run->stacks, &frame, 1, STACK_COMPLETE);

    if (entry_add(tracer, process, stack, ABI_X86_64, SYS_execve) >= 0 && tracer->agent)
        tracer_execution(tracer)->agent_stops[AGENT_STOP_CALL]++;
    tracer->started = true;
    signals_tick_by(tracer->control.commands);
}

struct tracee *lineage_exec(struct tracer *tracer, pid_t tid)
{
    unsigned long former = (unsigned long)tid;

    request_send(PTRACE_GETEVENTMSG, tid, 0, (uintptr_t)&former);
    struct tracee *tracee = family_exec(tracer, tid, (pid_t)former);
    if (!tracee || (!tracer->started && tid != tracer->launch.pid))
        return tracee;
    tracee->process->program = record_program(tracer->run, tid);
    if (tracer->agent)
        agents_check_window(tracer, tracee);
    permission_warn_privileges(&tracer->served, tid);
    if (!tracer->started)
        start(tracer, tracee->process);
    return tracee;
}
