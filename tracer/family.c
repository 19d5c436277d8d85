/* family.c - gives tracees their places, and takes them away. */
#include "family.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "diag.h"
#include "effects.h"
#include "entry.h"
#include "permission.h"
#include "procfs.h"
#include "record.h"
#include "request.h"
#include "resume.h"

/* Handles the stop in which a tracee without a place has been waiting, unless its death is next. */
static void release_held(struct trace *trace, struct tracee *tracee)
{
    trace->held -= tracee->held;
    if (tracee->held && !tracee->queued) {
        queue_put(&trace->queue, (struct waited){ tracee->tid, tracee->held_status, 0 });
        tracee->queued = true;
    }
    tracee->held = false;
}

/* Gives a tracee its place, and lets it go if it waits already. */
static void place(struct trace *trace, struct tracee *tracee, struct process *process,
                  struct address_space *space)
{
    if (!process || !space)
        die("out of memory");
    tracee_adopt(tracee, process, space);
    release_held(trace, tracee);
}

/* Gives a new tracee its place next to the one that makes it. */
static void adopt(struct trace *trace, struct tracee *child, const struct tracee *parent)
{
    uint64_t flags = parent->call.clone.flags;
    bool thread = flags & CLONE_THREAD;
    struct process *process = thread ? process_ref(parent->process)
                                     : process_create(child->tid, parent->process->program);
    struct address_space *space =
        flags & CLONE_VM ? address_space_ref(parent->space) : address_space_fork(parent->space);

    place(trace, child, process, space);
    process->own_filter |= parent->process->own_filter || parent->process->installers;
    if (flags & CLONE_VM && flags & CLONE_VFORK && parent->call.clone.own_stack)
        child->spawned_by = parent->call.stack;
    else if (!thread)
        child->spawned_by = parent->spawned_by;
    if (parent->call.clone.untraced) {
        /* It has a copy of the registers; and of the memory, unless it shares that. */
        child->call.clone = parent->call.clone;
        child->call.clone.untraced = !(parent->call.clone.args && flags & CLONE_VM);
    }
}

/* Gives a tracee its place, of which only what /proc says is known. */
static void adopt_unknown(struct trace *trace, struct tracee *tracee)
{
    pid_t pid = (pid_t)procfs_status(tracee->tid, "Tgid");
    const struct tracee *sibling = pid > 0 ? tracees_find_process(&trace->tracees, pid) : NULL;

    if (sibling) {
        place(trace, tracee, process_ref(sibling->process), address_space_ref(sibling->space));
    } else {
        place(trace, tracee, process_create(pid, record_program(trace->run, tracee->tid)),
              address_space_create());
        tracee->process->own_filter = tracee->space->userfaults = true; /* it may have them */
    }
}

void family_child(struct trace *trace, struct tracee *parent, int event)
{
    unsigned long tid = 0;

    if (!request_send(PTRACE_GETEVENTMSG, parent->tid, 0, (uintptr_t)&tid))
        return;
    struct tracee *child = tracees_find(&trace->tracees, (pid_t)tid);
    bool noted = parent->call.cloning;
    parent->call.cloning = false;
    if (!child && kill((pid_t)tid, 0) < 0 && errno == ESRCH)
        return; /* it was killed, and has been waited for already */
    if (!child)
        child = tracees_add(&trace->tracees, (pid_t)tid);
    if (!child)
        die("out of memory");
    if (!child->process && noted && parent->call.clone.known) {
        adopt(trace, child, parent);
    } else if (!child->process) {
        /* We attached to the parent in the midst of the call, or could not read its arguments. */
        adopt_unknown(trace, child);
        child->spawned_by = event == PTRACE_EVENT_VFORK ? UNKNOWN_STACK : NO_STACK;
    }
}

/* May an event announce this tracee yet? If a thread of its process, or else of its parent, is in a
 * clone call. */
static bool is_expected(const struct trace *trace, const struct tracee *child)
{
    pid_t pid = (pid_t)procfs_status(child->tid, "Tgid");
    pid_t parent = pid == child->tid ? (pid_t)procfs_status(child->tid, "PPid") : pid;

    for (const struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (t->process && t->call.cloning &&
            (t->process->pid == parent || t->call.clone.flags & CLONE_PARENT))
            return true;
    }
    return false;
}

void family_adopt_orphans(struct trace *trace)
{
    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (!t->process && t->held && !is_expected(trace, t)) {
            adopt_unknown(trace, t);
            if (t->process->references == 1)
                t->spawned_by = UNKNOWN_STACK; /* perhaps */
            trace->orphans -= trace->orphans > 0;
        }
    }
}

/* Takes a tracee away that is no more. */
static void forget(struct trace *trace, struct tracee *tracee)
{
    near_watch(&trace->near, &tracee->sees_affinity, false);
    trace->held -= tracee->held;
    trace->installing -= tracee->installing;
    trace->postponed -= tracee->postponed;
    /* Others may share the memory, and the call may have come so far. */
    if (tracee->call.changing_map)
        tracee->space->space->stale = true;
    tracee_end_call(tracee);
    tracees_remove(&trace->tracees, tracee);
}

void family_let_go(struct trace *trace, struct tracee *tracee)
{
    forget(trace, tracee);
}

/* The tracee that called execve takes over the tid of the leader, which has vanished if it was
 * another, perhaps in a call. */
static void take_over(struct trace *trace, struct tracee *leader, struct tracee *caller, pid_t tid)
{
    if (leader) {
        trace_execution(trace)->killed += leader->at_entry;
        trace->orphans += leader->call.cloning;
        forget(trace, leader);
    }
    tracees_rename(&trace->tracees, caller, tid);
}

struct tracee *family_exec(struct trace *trace, pid_t tid)
{
    unsigned long former = (unsigned long)tid;
    struct tracee *tracee = tracees_find(&trace->tracees, tid);

    request_send(PTRACE_GETEVENTMSG, tid, 0, (uintptr_t)&former);
    struct tracee *caller = tracees_find(&trace->tracees, (pid_t)former);
    if (caller && caller->process && caller != tracee) {
        take_over(trace, tracee, caller, tid);
        tracee = caller;
    } else if (tracee && caller != tracee) {
        tracee_end_call(tracee); /* it was the leader's, which has vanished in it */
    }
    if (!tracee || !tracee->process)
        return NULL;
    struct address_space *space = address_space_create();
    if (!space)
        die("out of memory");
    address_space_unref(tracee->space);
    tracee->space = space;
    tracee->spawned_by = NO_STACK;
    tracee->process->ender = 0;
    if (!trace->started && tid != trace->launch.pid)
        return tracee;
    tracee->process->program = record_program(trace->run, tid);
    permission_warn_privileges(&trace->served, tid);
    if (!trace->started) {
        /* The execve that started it all is the tracer's, but the program's first call. */
        struct frame start = { .module = MODULE_START };
        int64_t stack = stacks_intern(&trace->run->stacks, &start, 1, STACK_COMPLETE);
        entry_add(trace, tracee->process->program, stack, ABI_X86_64, SYS_execve);
        trace->started = true;
    }
    return tracee;
}

/*
 * A tracee at an entry has died. By the call itself, exit or exit_group? Else it was killed, and
 * whether the kernel had begun the call is not known.
 */
static bool ended_itself(const struct tracee *tracee, int status)
{
    pid_t ender = tracee->process->ender;
    return tracee->call.ending && WIFEXITED(status) && (!ender || ender == tracee->tid);
}

/* A leader's death is reported last. A thread that is left then had taken over its tid by execve,
 * and was killed before that could be seen. */
static void remove_rest(struct trace *trace, const struct process *process)
{
    struct tracee *rest;

    while (process->references > 1 &&
           (rest = tracees_find_process(&trace->tracees, process->pid))) {
        forget(trace, rest);
    }
}

void family_death(struct trace *trace, struct tracee *tracee, pid_t tid, int status)
{
    if (tid == trace->command) { /* the first of that pid */
        trace->status = status;
        trace->command = 0;
    }
    if (tid == trace->saver)
        trace->saver = 0;
    if (!tracee)
        return; /* it died before its first stop, or is the saver */
    if (tracee->at_entry && !ended_itself(tracee, status))
        trace_execution(trace)->killed++;
    trace->orphans += tracee->call.cloning;
    struct process *process = tracee->process ? process_ref(tracee->process) : NULL;
    forget(trace, tracee);
    if (process && process->pid == tid)
        remove_rest(trace, process);
    process_unref(process);
}

void family_hold(struct trace *trace, struct tracee *tracee, pid_t tid, int status)
{
    if (!tracee)
        tracee = tracees_find(&trace->tracees, tid);
    if (!tracee) {
        tracee = tracees_add(&trace->tracees, tid);
        if (!tracee)
            die("out of memory");
        tracee->queued = queue_find(&trace->queue, tid) != NULL;
    }
    trace->held += !tracee->held;
    tracee->held = true;
    tracee->held_status = status;
}
