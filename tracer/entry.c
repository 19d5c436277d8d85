/* entry.c - records entries, and takes note of what they are about to do. */
#include "entry.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>

#include "jit.h"
#include "procfs.h"
#include "readahead.h"
#include "request.h"
#include "resume.h"
#include "view.h"

enum { CODE_64 = 0x33 }; /* %cs of 64-bit code */

#define VSYSCALL_PAGE UINT64_C(0xffffffffff600000)

/* One entry into the kernel. */
struct entry {
    enum abi abi;
    uint32_t nr;
    uint64_t args[6];
    uint32_t filter_data;              /* at a seccomp stop */
    struct user_regs_struct registers; /* rip, rsp and cs; the others are read when they matter */
};

/* The entry of a stop that is one. False: the tracee is gone. */
static bool read_entry(const struct tracee *tracee, const struct __ptrace_syscall_info *info,
                       struct entry *ret)
{
    /* `seccomp` begins with the same fields as `entry`. */
    uint64_t nr = info->entry.nr;

    ret->filter_data = info->op == PTRACE_SYSCALL_INFO_SECCOMP ? info->seccomp.ret_data : 0;
    memcpy(ret->args, info->entry.args, sizeof(ret->args));
    ret->abi = calls_abi(info->arch, nr);
    ret->nr = (uint32_t)(ret->abi == ABI_X32 ? nr & ~(uint64_t)CALLS_X32_BIT : nr);
    ret->registers.rip = info->instruction_pointer;
    ret->registers.rsp = info->stack_pointer;
    ret->registers.cs = CODE_64; /* of 32-bit code all calls are of the i386 ABI */
    return ret->abi != ABI_I386 ||
           request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&ret->registers);
}

int64_t entry_add(struct trace *trace, int64_t program, int64_t stack, enum abi abi, uint32_t nr)
{
    struct execution *execution = trace_execution(trace);
    struct count key = { .execution = trace->execution,
                         .program = (uint32_t)program,
                         .stack = (uint32_t)stack,
                         .abi = abi,
                         .nr = nr,
                         .calls = 1 };

    int64_t count = program < 0 || stack < 0 ? -ENOMEM : run_count(trace->run, &key);
    if (count < 0)
        execution->lost++;
    else
        execution->entries++;
    return count;
}

/* The stack of a tracee that entered a call; its number in the run, -EINPROGRESS, negative if there
 * is no memory. */
static int64_t take_stack(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    struct view view = { tracee, &trace->served, &trace->readahead, &trace->jit };
    struct target target = view_target(&view);

    jit_name_code(&target);
    readahead_begin(&trace->readahead, tracee->space);
    return verify_unwind(&trace->verify, &trace->unwinder, tracee->space->space, &target,
                         &entry->registers, tracee->spawned_by);
}

/*
 * Writes the flags of a clone call to where they came from. CLONE_UNTRACED would hide the child
 * from us, and leave it with our filter and no tracer, so that all its calls failed: the bit is
 * cleared for the time of the call.
 */
static void write_clone_flags(struct tracee *tracee, enum abi abi, uint64_t flags)
{
    struct user_regs_struct registers;

    if (tracee->clone_args) {
        request_send(PTRACE_POKEDATA, tracee->tid, tracee->clone_args, flags);
    } else if (request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&registers)) {
        *(abi == ABI_I386 ? &registers.rbx : &registers.rdi) = flags;
        request_send(PTRACE_SETREGS, tracee->tid, 0, (uintptr_t)&registers);
    }
}

void entry_restore(struct tracee *tracee)
{
    if (tracee->cleared_untraced && tracee->clone_args) /* which may be unmapped by now */
        ptrace(PTRACE_POKEDATA, tracee->tid, tracee->clone_args, tracee->clone_flags);
    else if (tracee->cleared_untraced)
        write_clone_flags(tracee, tracee->clone_abi, tracee->clone_flags);
    tracee->cleared_untraced = false;
}

/* Notes what a clone call is about to make; for clone3 the flags and the stack lie in user memory.
 */
static void note_clone(struct trace *trace, struct tracee *tracee, const struct entry *entry,
                       enum call_meaning meaning)
{
    struct view view = { tracee, &trace->served, NULL, NULL };
    struct target target = view_target(&view);
    struct clone_args args = { 0 };

    tracee->cloning = tracee->clone_known = true;
    tracee->clone_abi = entry->abi;
    tracee->clone_args = 0;
    if (meaning == CALL_VFORK || meaning == CALL_FORK) {
        tracee->clone_flags = meaning == CALL_VFORK ? CLONE_VM | CLONE_VFORK : 0;
        tracee->clone_own_stack = false;
    } else if (meaning == CALL_CLONE) {
        tracee->clone_flags = entry->args[0];
        tracee->clone_own_stack = entry->args[1];
    } else {
        ssize_t got = target.read(target.context, entry->args[0], &args, CLONE_ARGS_SIZE_VER0);
        tracee->clone_known = got == CLONE_ARGS_SIZE_VER0;
        tracee->clone_flags = args.flags;
        tracee->clone_own_stack = args.stack;
        tracee->clone_args = entry->args[0];
    }
    if (tracee->clone_flags & CLONE_UNTRACED) {
        write_clone_flags(tracee, entry->abi, tracee->clone_flags & ~(uint64_t)CLONE_UNTRACED);
        tracee->cleared_untraced = true;
    }
}

void entry_watch_affinity(struct trace *trace, struct tracee *tracee, bool watches)
{
    trace->near.watchers += watches;
    trace->near.watchers -= tracee->sees_affinity;
    tracee->sees_affinity = watches;
}

static bool sees_affinity(const struct tracee *tracee, const struct entry *entry,
                          enum call_meaning meaning)
{
    switch (meaning) {
    case CALL_FORK:
    case CALL_VFORK:
    case CALL_CLONE:
    case CALL_CLONE3:
    case CALL_AFFINITY:
        return true;
    case CALL_READ:
        return procfs_leads_here(tracee->tid, entry->args[0]);
    default:
        return false;
    }
}

/* The map that a call changes is not as it was from the entry on: other threads may see the change
 * before the call returns. */
static void apply_map_change(struct tracee *tracee, uint64_t result)
{
    const struct map_change *change = &tracee->change;

    if (change->kind == CHANGES_ANYTHING)
        space_changed(tracee->space->space, 0, 0);
    if (change->size)
        space_changed(tracee->space->space, change->start, change->size);
    if (result && change->result_size)
        space_changed(tracee->space->space, result, change->result_size);
    if (result && tracee->maps_served)
        served_note_range(tracee->space, result, tracee->maps_served);
}

static void note_map_change(struct tracee *tracee, struct map_change change)
{
    if (change.kind == CHANGES_NOTHING ||
        (change.kind == CHANGES_CODE &&
         !space_overlaps(tracee->space->space, change.start, change.size)))
        return;
    tracee->changing_map = true;
    tracee->change = change;
    apply_map_change(tracee, 0);
}

/* Does the call map what a process may serve? (The address that is asked for need not be where it
 * will be, but other threads may see it there before the call returns.) */
static uint64_t served_size(struct trace *trace, const struct tracee *tracee,
                            const struct entry *entry, enum call_meaning meaning)
{
    struct lookup lookup = { &trace->served, tracee->tid, NULL };
    const uint64_t *args = entry->args;
    char link[64];
    bool served = false;

    if (meaning == CALL_MMAP && !(args[3] & MAP_ANONYMOUS)) {
        snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tracee->tid, (int)args[4]);
        served = served_link(&lookup, link);
    } else if (meaning == CALL_MREMAP) {
        served = served_overlaps(tracee->space, args[0], args[1]);
    }
    lookup_deinit(&lookup);
    return !served ? 0 : meaning == CALL_MMAP ? args[1] : args[2];
}

static void note_served(struct trace *trace, struct tracee *tracee, const struct entry *entry,
                        enum call_meaning meaning)
{
    tracee->maps_served = served_size(trace, tracee, entry, meaning);
    if (!tracee->maps_served)
        return;
    if (!tracee->changing_map)
        tracee->change = (struct map_change){ 0 };
    tracee->changing_map = true;
    uint64_t wanted = entry->args[meaning == CALL_MMAP ? 0 : 4];
    if (wanted)
        served_note_range(tracee->space, wanted, tracee->maps_served);
}

/* Has this thread a filter beside ours? So says Linux 5.9 or later; before, its process may have.
 */
static bool has_own_filter(const struct tracee *tracee)
{
    long filters = procfs_status(tracee->tid, "Seccomp_filters");
    return filters < 0 ? tracee->process->own_filter : filters > 1;
}

/* Until it is known whether the call succeeds, it may have at any time. */
static void begin_install(struct trace *trace, struct tracee *tracee, uint64_t flags)
{
    struct process *process = tracee->process;

    tracee->installs = true;
    tracee->filter_flags = flags;
    process->installers++;
    /* (The second of two at once must wait as well.) */
    if (flags & SECCOMP_FILTER_FLAG_TSYNC && trace->seccomp &&
        (!process->watched || trace->installing)) {
        resume_watched(trace, tracee);
        process->watched = true;
    }
}

void entry_end_install(struct tracee *tracee, bool installed)
{
    struct process *process = tracee->process;

    if (!tracee->installs)
        return;
    tracee->installs = false;
    process->installers--;
    process->own_filter |= installed;
    process->watched &= process->own_filter || process->installers;
}

/* Takes note of a call whose effect concerns us. */
static void note_effect(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    enum call_meaning meaning = calls_meaning(&trace->calls, entry->abi, entry->nr);
    struct process *process = tracee->process;
    uint64_t flags;

    if (meaning == CALL_OTHER)
        return;
    note_map_change(tracee, call_map_change(meaning, entry->args));
    note_served(trace, tracee, entry, meaning);
    if (meaning == CALL_CLONE || meaning == CALL_CLONE3 || meaning == CALL_VFORK ||
        meaning == CALL_FORK)
        note_clone(trace, tracee, entry, meaning);
    if (call_makes_userfaultfd(meaning, entry->args))
        tracee->space->userfaults = true;
    if (call_closes_memory(meaning, entry->args))
        view_keep_open(tracee);
    tracee->entering_strict =
        trace->seccomp && call_enters_strict_mode(meaning, entry->args) && !has_own_filter(tracee);
    tracee->asks_mode =
        trace->seccomp && call_asks_mode(meaning, entry->args) && !has_own_filter(tracee);
    if (call_installs_filter(meaning, entry->args, &flags))
        begin_install(trace, tracee, flags);
    if ((meaning == CALL_EXIT_GROUP || meaning == CALL_EXECVE) && !process->ender)
        process->ender = tracee->tid;
    tracee->queues_signal = meaning == CALL_QUEUE_SIGNAL;
    tracee->ending = meaning == CALL_EXIT || meaning == CALL_EXIT_GROUP;
    if (trace->near.enabled && sees_affinity(tracee, entry, meaning))
        entry_watch_affinity(trace, tracee, true);
}

static void count_if_known(uint64_t *count)
{
    *count += *count != COUNT_UNKNOWN;
}

/* An entry stop that is the first of its call. False: it is put off, until its stack can be taken.
 */
static bool count_entry(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    tracee->changing_map = tracee->cloning = tracee->ending = tracee->queues_signal = false;
    if ((entry->registers.rip & ~UINT64_C(0xfff)) == VSYSCALL_PAGE) {
        count_if_known(&trace_execution(trace)->vsyscall);
        return true;
    }
    int64_t stack = take_stack(trace, tracee, entry);
    if (stack == -EINPROGRESS)
        return false;
    int64_t count = entry_add(trace, tracee->process->program, stack, entry->abi, entry->nr);
    note_effect(trace, tracee, entry);
    tracee->at_entry = count >= 0;
    tracee->observed = trace->options->results && count >= 0;
    tracee->resumed_in_call = 0;
    tracee->count = (uint32_t)count;
    tracee->clone_stack = stack < 0 ? UNKNOWN_STACK : stack;
    if (tracee->strict && !call_is_strict(entry->abi, entry->nr))
        kill(tracee->tid, SIGKILL);
    return true;
}

/* Of the call that the tracee is about to come out of. False: it is gone. */
static bool return_zero(const struct tracee *tracee)
{
    struct user_regs_struct registers;

    if (!request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&registers))
        return false;
    registers.rax = 0;
    return request_send(PTRACE_SETREGS, tracee->tid, 0, (uintptr_t)&registers);
}

/*
 * The exit of a call of which our filter must not be noticed. Seccomp's strict mode is not for a
 * thread that has filters: the tracee is told that it worked, and from here on count_entry sees to
 * it. (That kills the process, the kernel would kill the thread.) And the mode without our filter
 * is none.
 */
static void hide_filter(struct tracee *tracee, struct __ptrace_syscall_info *info)
{
    if (tracee->entering_strict && info->exit.rval == -EINVAL) {
        tracee->strict = return_zero(tracee);
        info->exit.is_error = !tracee->strict;
    } else if (tracee->asks_mode && info->exit.rval == SECCOMP_MODE_FILTER) {
        return_zero(tracee);
    }
    tracee->entering_strict = tracee->asks_mode = false;
}

/* A filter of the program's own said RET_TRACE: without a tracer that is ENOSYS (seccomp(2)). */
static void refuse_call(const struct tracee *tracee)
{
    struct user_regs_struct registers;

    if (!request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&registers))
        return;
    registers.orig_rax = (unsigned long long)-1;
    registers.rax = (unsigned long long)-ENOSYS;
    request_send(PTRACE_SETREGS, tracee->tid, 0, (uintptr_t)&registers);
}

bool entry_seccomp(struct trace *trace, struct tracee *tracee)
{
    struct __ptrace_syscall_info info;
    struct entry entry;

    if (tracee->process->program < 0 || !request_syscall_info(tracee->tid, &info) ||
        info.op != PTRACE_SYSCALL_INFO_SECCOMP || !read_entry(tracee, &info, &entry))
        return true;
    if (!tracee->in_call && !count_entry(trace, tracee, &entry))
        return false;
    if (entry.filter_data == FILTER_DATA) {
        tracee->passed_filter = true;
    } else {
        if (!tracee->in_call)
            count_if_known(&trace_execution(trace)->denied);
        refuse_call(tracee);
    }
    return true;
}

bool entry_syscall(struct trace *trace, struct tracee *tracee)
{
    struct __ptrace_syscall_info info;
    struct entry entry;

    if (tracee->process->program < 0 || !request_syscall_info(tracee->tid, &info))
        return true;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && read_entry(tracee, &info, &entry)) {
        if (!count_entry(trace, tracee, &entry))
            return false;
        tracee->in_call = true;
        tracee->passed_filter = !trace->seccomp;
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        if (tracee->in_call && !tracee->passed_filter)
            count_if_known(&trace_execution(trace)->denied);
        if (tracee->changing_map)
            apply_map_change(tracee, info.exit.is_error ? 0 : (uint64_t)info.exit.rval);
        entry_end_install(tracee, call_installed_filter(tracee->filter_flags, info.exit.rval));
        hide_filter(tracee, &info);
        if (tracee->observed)
            run_add_result(trace->run, tracee->count, info.exit.is_error,
                           trace->stopped_at - tracee->resumed_in_call);
        tracee->in_call = tracee->changing_map = tracee->observed = false;
    }
    return true;
}
