/*
 * family.c - gives tracees their places, and takes them away.
 *
 * A tracee is known from what comes first. If that is its own stop, it is held in it, without a
 * place, until the event of its parent tells what the clone call was. That event may never come,
 * for a parent that is killed in the call has none: such deaths are counted (`orphans`), and who is
 * held for no event gets the place that /proc tells. execve gives the tid of the leader to the
 * thread that called it, and ends the others; their deaths may be reported, the leader's is not.
 */
#include "family.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "agentcounts.h"
#include "agentstate.h"
#include "diag.h"

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
    child->inherited_base = parent->area ? agent_area_address(parent->space->agent, 1) : 0;
    if (!thread)
        process->phases = phase_state_fork(&parent->process->phases);
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

struct tracee *family_child(struct tracer *tracer, struct tracee *parent, pid_t tid, bool exists)
{
    struct tracee *child = tracees_find(&tracer->tracees, tid);
    bool noted = parent->call.cloning && parent->call.clone.known;

    parent->call.cloning = false;
    if (!child && !exists)
        return NULL; /* it was killed, and has been waited for already */
    if (!child)
        child = tracees_add(&tracer->tracees, tid);
    if (!child)
        die("out of memory");
    if (child->process)
        return NULL;
    if (!noted)
        return child;
    adopt(tracer, child, parent);
    return NULL;
}

bool family_join(struct tracer *tracer, struct tracee *tracee, pid_t pid)
{
    const struct tracee *sibling = pid > 0 ? tracees_find_process(&tracer->tracees, pid) : NULL;

    if (!sibling)
        return false;
    place(tracer, tracee, process_ref(sibling->process), address_space_ref(sibling->space));
    const struct agent *agent = tracee->space->agent;
    tracee->inherited_base = agent && agent->near_count ? agent_area_address(agent, 1) : 0;
    return true;
}

void family_found(struct tracer *tracer, struct tracee *tracee, pid_t pid, int64_t program)
{
    place(tracer, tracee, process_create(pid, program), address_space_create());
    tracee->process->own_filter = tracee->space->userfaults = true; /* it may have them */
}

bool family_expects(const struct tracer *tracer, pid_t parent)
{
    for (const struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        if (t->process && t->call.cloning &&
            (t->process->pid == parent || t->call.clone.flags & CLONE_PARENT))
            return true;
    }
    return false;
}

void family_forget(struct tracer *tracer, struct tracee *tracee)
{
    near_watch(&tracer->near, &tracee->sees_affinity, false);
    agentcounts_leave(tracer, tracee, tracee->process && tracee->process->references == 1);
    tracer->held -= tracee->held;
    tracer->installing -= tracee->installing;
    tracer->postponed -= tracee->postponed;
    /* Others may share the memory, and the call may have come so far. */
    if (tracee->call.changing_map)
        tracee->space->space->stale = true;
    tracee_end_call(tracee);
    tracees_remove(&tracer->tracees, tracee);
}

/* The tracee that called execve takes over the tid of the leader, which has vanished if it was
 * another, perhaps in a call. */
static void take_over(struct tracer *tracer, struct tracee *leader, struct tracee *caller,
                      pid_t tid)
{
    if (leader) {
        tracer_execution(tracer)->killed += leader->at_entry;
        tracer->orphans += leader->call.cloning;
        family_forget(tracer, leader);
    }
    tracees_rename(&tracer->tracees, caller, tid);
}

struct tracee *family_exec(struct tracer *tracer, pid_t tid, pid_t former)
{
    struct tracee *tracee = tracees_find(&tracer->tracees, tid);
    struct tracee *caller = tracees_find(&tracer->tracees, former);

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
    agentcounts_leave(tracer, tracee, true);
    tracee->inherited_base = 0;
    address_space_unref(tracee->space);
    tracee->space = space;
    tracee->spawned_by = NO_STACK;
    tracee->process->ender = 0;
    phase_state_reset(&tracee->process->phases);
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
static void remove_rest(struct tracer *tracer, pid_t pid)
{
    struct tracee *rest;

    while ((rest = tracees_find_process(&tracer->tracees, pid)))
        family_forget(tracer, rest);
}

/* --status-fd: to whoever does not wait for what the command has left. */
static void tell_status(const struct tracer *tracer)
{
    const int fd = tracer->options->status_fd, status = tracer->status;
    const bool killed = WIFSIGNALED(status);

    if (fd && tracer->started)
        dprintf(fd, "%s %d\n", killed ? "killed" : "exited",
                killed ? WTERMSIG(status) : WEXITSTATUS(status));
}

void family_death(struct tracer *tracer, struct tracee *tracee, pid_t tid, int status)
{
    if (tid == tracer->command) { /* the first of that pid */
        tracer->status = status;
        tracer->command = 0;
        tell_status(tracer);
    }
    if (!tracee)
        return; /* it died before its first stop */
    if (tracee->at_entry && !ended_itself(tracee, status))
        tracer_execution(tracer)->killed++;
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        tracer_execution(tracer)->killed += agentcounts_may_be_ahead(tracee);
    tracer->orphans += tracee->call.cloning;
    const struct process *process = tracee->process;
    bool rest = process && process->pid == tid && process->references > 1;
    family_forget(tracer, tracee);
    if (rest)
        remove_rest(tracer, tid);
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
