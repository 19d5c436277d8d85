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
static void release_held(struct tracer *tracer, struct tracee *tracee)
{
    tracer->held -= tracee->held;
    if (tracee->held && !tracee->queued) {
        queue_put(&tracer->queue, (struct waited){ tracee->tid, tracee->held_status, 0 });
        tracee->queued = true;
    }
    tracee->held = false;
}

/* Gives a tracee its place, and lets it go if it waits already. */
static void place(struct tracer *tracer, struct tracee *tracee, struct process *process,
                  struct address_space *space)
{
    if (!process || !space)
        die("out of memory");
    tracee_adopt(tracee, process, space);
    release_held(tracer, tracee);
}

/* Gives a new tracee its place next to the one that makes it. */
static void adopt(struct tracer *tracer, struct tracee *child, const struct tracee *parent)
{
    uint64_t flags = parent->call.clone.flags;
    bool thread = flags & CLONE_THREAD;
    struct process *process = thread ? process_ref(parent->process)
                                     : process_create(child->tid, parent->process->program);
    struct address_space *space =
        flags & CLONE_VM ? address_space_ref(parent->space) : address_space_fork(parent->space);

    place(tracer, child, process, space);
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
static void adopt_unknown(struct tracer *tracer, struct tracee *tracee)
{
    pid_t pid = (pid_t)procfs_status(tracee->tid, "Tgid");
    const struct tracee *sibling = pid > 0 ? tracees_find_process(&tracer->tracees, pid) : NULL;

    if (sibling) {
        place(tracer, tracee, process_ref(sibling->process), address_space_ref(sibling->space));
    } else {
        place(tracer, tracee, process_create(pid, record_program(tracer->run, tracee->tid)),
              address_space_create());
        tracee->process->own_filter = tracee->space->userfaults = true; /* it may have them */
    }
}

void family_child(struct tracer *tracer, struct tracee *parent, int event)
{
    unsigned long tid = 0;

    if (!request_send(PTRACE_GETEVENTMSG, parent->tid, 0, (uintptr_t)&tid))
        return;
    struct tracee *child = tracees_find(&tracer->tracees, (pid_t)tid);
    bool noted = parent->call.cloning;
    parent->call.cloning = false;
    if (!child && kill((pid_t)tid, 0) < 0 && errno == ESRCH)
        return; /* it was killed, and has been waited for already */
    if (!child)
        child = tracees_add(&tracer->tracees, (pid_t)tid);
    if (!child)
        die("out of memory");
    if (!child->process && noted && parent->call.clone.known) {
        adopt(tracer, child, parent);
    } else if (!child->process) {
        /* We attached to the parent in the midst of the call, or could not read its arguments. */
        adopt_unknown(tracer, child);
        child->spawned_by = event == PTRACE_EVENT_VFORK ? UNKNOWN_STACK : NO_STACK;
    }
}

/* May an event announce this tracee yet? If a thread of its process, or else of its parent, is in a
 * clone call. */
static bool is_expected(const struct tracer *tracer, const struct tracee *child)
{
    pid_t pid = (pid_t)procfs_status(child->tid, "Tgid");
    pid_t parent = pid == child->tid ? (pid_t)procfs_status(child->tid, "PPid") : pid;

    for (const struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (t->process && t->call.cloning &&
            (t->process->pid == parent || t->call.clone.flags & CLONE_PARENT))
            return true;
    }
    return false;
}

void family_adopt_orphans(struct tracer *tracer)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (!t->process && t->held && !is_expected(tracer, t)) {
            adopt_unknown(tracer, t);
            if (t->process->references == 1)
                t->spawned_by = UNKNOWN_STACK; /* perhaps */
            tracer->orphans -= tracer->orphans > 0;
        }
    }
}

/* Takes a tracee away that is no more. */
static void forget(struct tracer *tracer, struct tracee *tracee)
{
    near_watch(&tracer->near, &tracee->sees_affinity, false);
    tracer->held -= tracee->held;
    tracer->installing -= tracee->installing;
    tracer->postponed -= tracee->postponed;
    /* Others may share the memory, and the call may have come so far. */
    if (tracee->call.changing_map)
        tracee->space->space->stale = true;
    tracee_end_call(tracee);
    tracees_remove(&tracer->tracees, tracee);
}

void family_let_go(struct tracer *tracer, struct tracee *tracee)
{
    forget(tracer, tracee);
}

/* The tracee that called execve takes over the tid of the leader, which has vanished if it was
 * another, perhaps in a call. */
static void take_over(struct tracer *tracer, struct tracee *leader, struct tracee *caller,
                      pid_t tid)
{
    if (leader) {
        tracer_execution(tracer)->killed += leader->at_entry;
        tracer->orphans += leader->call.cloning;
        forget(tracer, leader);
    }
    tracees_rename(&tracer->tracees, caller, tid);
}

struct tracee *family_exec(struct tracer *tracer, pid_t tid)
{
    unsigned long former = (unsigned long)tid;
    struct tracee *tracee = tracees_find(&tracer->tracees, tid);

    request_send(PTRACE_GETEVENTMSG, tid, 0, (uintptr_t)&former);
    struct tracee *caller = tracees_find(&tracer->tracees, (pid_t)former);
    if (caller && caller->process && caller != tracee) {
        take_over(tracer, tracee, caller, tid);
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
    if (!tracer->started && tid != tracer->launch.pid)
        return tracee;
    tracee->process->program = record_program(tracer->run, tid);
    permission_warn_privileges(&tracer->served, tid);
    if (!tracer->started) {
        /* The execve that started it all is the tracer's, but the program's first call. */
        struct frame start = { .module = MODULE_START };
        int64_t stack = stacks_intern(&tracer->run->stacks, &start, 1, STACK_COMPLETE);
        entry_add(tracer, tracee->process->program, stack, ABI_X86_64, SYS_execve);
        tracer->started = true;
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
static void remove_rest(struct tracer *tracer, const struct process *process)
{
    struct tracee *rest;

    while (process->references > 1 &&
           (rest = tracees_find_process(&tracer->tracees, process->pid))) {
        forget(tracer, rest);
    }
}

void family_death(struct tracer *tracer, struct tracee *tracee, pid_t tid, int status)
{
    if (tid == tracer->command) { /* the first of that pid */
        tracer->status = status;
        tracer->command = 0;
    }
    if (tid == tracer->saver)
        tracer->saver = 0;
    if (!tracee)
        return; /* it died before its first stop, or is the saver */
    if (tracee->at_entry && !ended_itself(tracee, status))
        tracer_execution(tracer)->killed++;
    tracer->orphans += tracee->call.cloning;
    struct process *process = tracee->process ? process_ref(tracee->process) : NULL;
    forget(tracer, tracee);
    if (process && process->pid == tid)
        remove_rest(tracer, process);
    process_unref(process);
}

void family_hold(struct tracer *tracer, struct tracee *tracee, pid_t tid, int status)
{
    if (!tracee)
        tracee = tracees_find(&tracer->tracees, tid);
    if (!tracee) {
        tracee = tracees_add(&tracer->tracees, tid);
        if (!tracee)
            die("out of memory");
        tracee->queued = queue_find(&tracer->queue, tid) != NULL;
    }
    tracer->held += !tracee->held;
    tracee->held = true;
    tracee->held_status = status;
}
