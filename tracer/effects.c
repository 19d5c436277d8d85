/* effects.c - takes note of what calls do, and sees to what must not be noticed of us. */
#include "effects.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>

#include "procfs.h"
#include "request.h"
#include "resume.h"
#include "threadregs.h"
#include "view.h"

/*
 * Writes the flags of a clone call to where they came from. CLONE_UNTRACED would hide the child
 * from us, and leave it with our filter and no tracer, so that all its calls failed: the bit is
 * cleared for the time of the call.
 */
static void write_clone_flags(const struct tracee *tracee, uint64_t flags)
{
    const struct clone_call *clone = &tracee->call.clone;

    if (clone->args)
        request_send(PTRACE_POKEDATA, tracee->tid, clone->args, flags);
    else
        threadregs_set_argument(tracee->tid, clone->abi, flags);
}

void effects_restore(struct tracee *tracee)
{
    struct clone_call *clone = &tracee->call.clone;

    if (clone->untraced && clone->args) /* which may be unmapped by now */
        ptrace(PTRACE_POKEDATA, tracee->tid, clone->args, clone->flags);
    else if (clone->untraced)
        write_clone_flags(tracee, clone->flags);
    clone->untraced = false;
}

/* Notes what a clone call is about to make; for clone3 the flags and the stack lie in user memory.
 */
static void note_clone(struct tracer *tracer, struct tracee *tracee, const struct syscall *call)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    struct clone_call *clone = &tracee->call.clone;
    struct clone_args args = { 0 };

    tracee->call.cloning = clone->known = true;
    clone->abi = call->abi;
    if (call->meaning == CALL_VFORK) {
        clone->flags = CLONE_VM | CLONE_VFORK;
    } else if (call->meaning == CALL_CLONE) {
        clone->flags = call->args[0];
        clone->own_stack = call->args[1];
    } else if (call->meaning == CALL_CLONE3) {
        ssize_t got = target.read(target.context, call->args[0], &args, CLONE_ARGS_SIZE_VER0);
        clone->known = got == CLONE_ARGS_SIZE_VER0;
        clone->flags = args.flags;
        clone->own_stack = args.stack;
        clone->args = call->args[0];
    }
    if (clone->flags & CLONE_UNTRACED) {
        write_clone_flags(tracee, clone->flags & ~(uint64_t)CLONE_UNTRACED);
        clone->untraced = true;
    }
}

static bool makes_tracee(enum meaning meaning)
{
    return meaning == CALL_CLONE || meaning == CALL_CLONE3 || meaning == CALL_VFORK ||
           meaning == CALL_FORK;
}

static bool sees_affinity(const struct tracee *tracee, const struct syscall *call)
{
    return makes_tracee(call->meaning) || call->meaning == CALL_AFFINITY ||
           (call->meaning == CALL_READ && procfs_leads_here(tracee->tid, call->args[0]));
}

/* The map that a call changes is not as it was from the entry on: other threads may see the change
 * before the call returns. */
static void apply_map_change(struct tracee *tracee, uint64_t result)
{
    const struct map_change *change = &tracee->call.change;

    if (change->kind == CHANGES_ANYTHING)
        space_changed(tracee->space->space, 0, 0);
    if (change->size)
        space_changed(tracee->space->space, change->start, change->size);
    if (result && change->result_size)
        space_changed(tracee->space->space, result, change->result_size);
    if (result && tracee->call.maps_served)
        served_note_range(tracee->space, result, tracee->call.maps_served);
}

static void note_map_change(struct tracee *tracee, struct map_change change)
{
    if (change.kind == CHANGES_NOTHING ||
        (change.kind == CHANGES_CODE &&
         !space_overlaps(tracee->space->space, change.start, change.size)))
        return;
    tracee->call.changing_map = true;
    tracee->call.change = change;
    apply_map_change(tracee, 0);
}

/* Does the call map what a process may serve? (The address that is asked for need not be where it
 * will be, but other threads may see it there before the call returns.) */
static uint64_t served_size(struct tracer *tracer, const struct tracee *tracee,
                            const struct syscall *call)
{
    struct lookup lookup = { &tracer->served, tracee->tid, NULL };
    const uint64_t *args = call->args;
    char link[64];
    bool served = false;

    if (call->meaning == CALL_MMAP && !(args[3] & MAP_ANONYMOUS)) {
        snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tracee->tid, (int)args[4]);
        served = served_link(&lookup, link);
    } else if (call->meaning == CALL_MREMAP) {
        served = served_overlaps(tracee->space, args[0], args[1]);
    }
    lookup_deinit(&lookup);
    return !served ? 0 : call->meaning == CALL_MMAP ? args[1] : args[2];
}

static void note_served(struct tracer *tracer, struct tracee *tracee, const struct syscall *call)
{
    tracee->call.maps_served = served_size(tracer, tracee, call);
    if (!tracee->call.maps_served)
        return;
    tracee->call.changing_map = true;
    uint64_t wanted = call->args[call->meaning == CALL_MMAP ? 0 : 4];
    if (wanted)
        served_note_range(tracee->space, wanted, tracee->call.maps_served);
}

/* Has this thread a filter beside ours? So says Linux 5.9 or later; before, its process may have.
 */
static bool has_own_filter(const struct tracee *tracee)
{
    long filters = procfs_status(tracee->tid, "Seccomp_filters");
    return filters < 0 ? tracee->process->own_filter : filters > 1;
}

/* Until it is known whether the call succeeds, it may have at any time. */
static void begin_install(struct tracer *tracer, struct tracee *tracee, uint64_t flags)
{
    struct process *process = tracee->process;

    tracee->call.installs = true;
    tracee->call.filter_flags = flags;
    process->installers++;
    /* (The second of two at once must wait as well.) */
    if (flags & SECCOMP_FILTER_FLAG_TSYNC && tracer->seccomp &&
        (!process->watched || tracer->installing)) {
        resume_watched(tracer, tracee);
        process->watched = true;
    }
}

/* Takes note of a call whose effect concerns us. */
static void note_effects(struct tracer *tracer, struct tracee *tracee, const struct syscall *call)
{
    enum meaning meaning = call->meaning;
    struct process *process = tracee->process;
    uint64_t flags;

    note_map_change(tracee, meaning_map_change(meaning, call->args));
    note_served(tracer, tracee, call);
    if (makes_tracee(meaning))
        note_clone(tracer, tracee, call);
    if (meaning_makes_userfaultfd(meaning, call->args))
        tracee->space->userfaults = true;
    tracee->call.closes_memory = meaning_closes_memory(meaning, call->args);
    if (tracee->call.closes_memory)
        view_keep_open(tracee);
    tracee->call.entering_strict = tracer->seccomp &&
                                   meaning_enters_strict_mode(meaning, call->args) &&
                                   !has_own_filter(tracee);
    tracee->call.asks_mode =
        tracer->seccomp && meaning_asks_mode(meaning, call->args) && !has_own_filter(tracee);
    if (meaning_installs_filter(meaning, call->args, &flags))
        begin_install(tracer, tracee, flags);
    if ((meaning == CALL_EXIT_GROUP || meaning == CALL_EXECVE) && !process->ender)
        process->ender = tracee->tid;
    tracee->call.queues_signal = meaning == CALL_QUEUE_SIGNAL;
    tracee->call.ending = meaning == CALL_EXIT || meaning == CALL_EXIT_GROUP;
    if (tracer->near.enabled && sees_affinity(tracee, call))
        near_watch(&tracer->near, &tracee->sees_affinity, true);
}

void effects_begin(struct tracer *tracer, struct tracee *tracee, const struct syscall *call)
{
    if (call->meaning != CALL_OTHER)
        note_effects(tracer, tracee, call);
    if (tracee->strict && !meaning_is_strict(call->abi, call->nr))
        kill(tracee->tid, SIGKILL);
}

/*
 * The exit of a call of which our filter must not be noticed. Seccomp's strict mode is not for a
 * thread that has filters: the tracee is told that it worked, and from here on effects_begin sees
 * to it. (That kills the process, the kernel would kill the thread.) And the mode without our
 * filter is none.
 */
static void hide_filter(struct tracee *tracee, struct __ptrace_syscall_info *info)
{
    if (tracee->call.entering_strict && info->exit.rval == -EINVAL) {
        tracee->strict = threadregs_set_result(tracee->tid, 0, false);
        info->exit.is_error = !tracee->strict;
    } else if (tracee->call.asks_mode && info->exit.rval == SECCOMP_MODE_FILTER) {
        threadregs_set_result(tracee->tid, 0, false);
    }
}

void effects_end(struct tracee *tracee, struct __ptrace_syscall_info *info)
{
    if (tracee->call.changing_map)
        apply_map_change(tracee, info->exit.is_error ? 0 : (uint64_t)info->exit.rval);
    tracee_end_install(tracee,
                       meaning_installed_filter(tracee->call.filter_flags, info->exit.rval));
    hide_filter(tracee, info);
}
