/*
 * trace.c - the loop: wait for stops, handle each by its kind, resume.
 *
 * One stop per call: our seccomp filter stops each entry, PTRACE_CONT resumes it, and the exit goes
 * by unseen. Exits are asked for (PTRACE_SYSCALL) only of calls that can change executable memory.
 * Two cases stop at entry and exit of every call instead: the ptrace engine, and a process that may
 * have a seccomp filter of its own, which could deny a call before ours sees it.
 */
#include "trace.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "calls.h"
#include "diag.h"
#include "launch.h"
#include "near.h"
#include "procfs.h"
#include "progress.h"
#include "record.h"
#include "request.h"
#include "signals.h"
#include "stop.h"
#include "symbolizer/verify.h"
#include "tracee.h"

enum {
    OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
              PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP,
    X32_BIT = 1 << 30,
    SETTLE_MILLISECONDS = 1000, /* how long to wait for stops that we asked for, when leaving */
    ERESTARTNOHAND = 514,       /* include/linux/errno.h: restart the call unless a handler runs */
};

#define VSYSCALL_PAGE UINT64_C(0xffffffffff600000)

struct waited {
    pid_t tid;
    int status;
    uint64_t time; /* nanoseconds; 0 unless returns are observed */
};

struct trace {
    const struct options *options;
    save_fn *save;
    struct run *run;
    uint32_t execution; /* its index in the run */
    bool seccomp;       /* the engine */
    struct calls calls;
    struct images images;
    struct unwinder unwinder;
    struct verify verify;
    struct tracees tracees;
    struct launch launch;
    struct near near;
    struct progress progress;
    bool show_progress;

    int result;       /* the exit status to end with after a failure of ours; 0 */
    bool started;     /* the command's first execve was seen */
    int status;       /* the command's wait status, once it has ended */
    bool suspend;     /* the command stopped after ^Z: stop likewise, for the shell waits for us */
    bool forwarded;   /* a signal was passed on to what the command left running */
    bool cut_short;   /* there was another: tracing ends here */
    unsigned orphans; /* tracees that died in a clone call: their children wait for no event */

    pid_t saver;         /* writes the results as they were a while ago (save_now) */
    uint64_t next_save;  /* nanoseconds */
    uint64_t stopped_at; /* when the stop being handled was waited for; nanoseconds */

    /* Stops that were waited for and not yet handled, oldest first. */
    struct waited *queue;
    size_t queue_head, queue_count, queue_capacity;
};

/* One entry into the kernel. */
struct entry {
    enum abi abi;
    uint32_t nr;
    uint64_t args[6];
    uint64_t ip;
    uint32_t filter_data; /* at a seccomp stop */
    struct user_regs_struct registers;
};

/* ---- Signals to us ---- */

/*
 * SIGINT, SIGTERM or SIGHUP, while there is no command to pass it on to. Processes that we attached
 * to are let go. What a command has left running gets the signal; if that does not end it, a second
 * one ends the tracing.
 */
static void take_signal(struct trace *trace)
{
    int number = signals.pending;

    if (!number)
        return;
    signals.pending = 0;
    trace->cut_short = trace->forwarded || trace->options->attach_count;
    trace->forwarded = true;
    if (trace->options->attach_count)
        return;
    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (t->process && t->tid == t->process->pid)
            kill(t->tid, number);
    }
}

/* ---- Resuming ---- */

static enum abi call_abi(uint32_t architecture, uint64_t nr)
{
    return architecture == AUDIT_ARCH_I386              ? ABI_I386
           : nr & X32_BIT && nr < 2 * (uint64_t)X32_BIT ? ABI_X32
                                                        : ABI_X86_64;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* The only place where tracees go on. That one is gone by now is no error: its death will be waited
 * for. */
static void resume(struct trace *trace, struct tracee *tracee, int signal)
{
    bool stop_at_exit = !trace->seccomp || tracee->changing_map || tracee->cleared_untraced ||
                        tracee->observed || tracee->process->own_filter;

    if (tracee->observed)
        tracee->resumed_in_call = now();
    near_resume(&trace->near, tracee->tid, stop_at_exit ? PTRACE_SYSCALL : PTRACE_CONT, signal,
                tracee->process->references == 1, &tracee->resumed_at);
}

/* Stops a tracee wherever it is; that is reported as STOP_START, or STOP_GROUP, unless there is
 * another stop first. */
static void interrupt(struct tracee *tracee)
{
    tracee->interrupted = request_send(PTRACE_INTERRUPT, tracee->tid, 0, 0);
}

/*
 * A blocked call has been interrupted, by a stop that we asked for or by a signal that would not
 * have reached an untraced program, for it is ignored. The kernel restarts most calls then; some it
 * has fail with EINTR, which a program that gets no signals is not prepared for. They are made to
 * be restarted too, unless a handler runs. (Their time-out begins again.) A signal that stops the
 * process, and is no handler's, does make them fail: `stopping` takes it back.
 * True if anything was changed.
 */
static bool restart_call(const struct trace *trace, const struct tracee *tracee, bool stopping)
{
    int64_t result = stopping ? -ERESTARTNOHAND : -EINTR;
    struct user_regs_struct registers;
    struct __ptrace_syscall_info info;

    if (!request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&registers) ||
        (int)registers.rax != result || (int64_t)registers.orig_rax < 0 ||
        !request_send(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), (uintptr_t)&info))
        return false;
    uint64_t nr = registers.orig_rax;
    if (!calls_is_unrestarted(&trace->calls, call_abi(info.arch, nr),
                              (uint32_t)(nr & ~(uint64_t)X32_BIT)))
        return false;
    registers.rax = (unsigned long long)(stopping ? -EINTR : -ERESTARTNOHAND);
    return request_send(PTRACE_SETREGS, tracee->tid, 0, (uintptr_t)&registers);
}

/* ---- Calls ---- */

/* Reads the registers and what the kernel says of the stop. False: the tracee is gone. */
static bool read_entry(const struct tracee *tracee, struct entry *ret)
{
    struct __ptrace_syscall_info info;

    if (!request_send(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), (uintptr_t)&info) ||
        !request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&ret->registers) ||
        (info.op != PTRACE_SYSCALL_INFO_ENTRY && info.op != PTRACE_SYSCALL_INFO_SECCOMP))
        return false;
    /* `seccomp` begins with the same fields as `entry`. */
    uint64_t nr = info.entry.nr;
    ret->ip = info.instruction_pointer;
    ret->filter_data = info.op == PTRACE_SYSCALL_INFO_SECCOMP ? info.seccomp.ret_data : 0;
    memcpy(ret->args, info.entry.args, sizeof(ret->args));
    ret->abi = call_abi(info.arch, nr);
    ret->nr = (uint32_t)(ret->abi == ABI_X32 ? nr & ~(uint64_t)X32_BIT : nr);
    return true;
}

/* Adds one call to the run; its count, or negative: there was no memory to record it. */
static int64_t add_call(struct trace *trace, int64_t program, int64_t stack, enum abi abi,
                        uint32_t nr)
{
    struct execution *execution = &trace->run->executions[trace->execution];
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

/* The stack of a tracee that entered a call; its number in the run, negative if there is no memory.
 */
static int64_t take_stack(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    struct unwinder *u = &trace->unwinder;
    struct stacks *stacks = &trace->run->stacks;
    struct target target = procfs_target(tracee);
    enum stack_end end =
        verify_unwind(&trace->verify, u, tracee->space, &target, &entry->registers);

    if (end == STACK_COMPLETE && tracee->spawned_by == UNKNOWN_STACK)
        end = STACK_UNREADABLE;
    else if (end == STACK_COMPLETE && tracee->spawned_by != NO_STACK)
        end = unwind_append(u, &stacks->stacks[tracee->spawned_by]);
    return stacks_intern(stacks, u->frames, u->depth, end);
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

static void restore_untraced(struct tracee *tracee)
{
    if (tracee->cleared_untraced && tracee->clone_args) /* which may be unmapped by now */
        ptrace(PTRACE_POKEDATA, tracee->tid, tracee->clone_args, tracee->clone_flags);
    else if (tracee->cleared_untraced)
        write_clone_flags(tracee, tracee->clone_abi, tracee->clone_flags);
    tracee->cleared_untraced = false;
}

/* Notes what a clone call is about to make; for clone3 the flags and the stack lie in user memory.
 */
static void note_clone(struct tracee *tracee, const struct entry *entry, enum call_meaning meaning)
{
    struct target target = procfs_target(tracee);
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

/* From its entry until the next stop the tracee may learn or pass on an affinity; near.h says what
 * that is for. */
static void watch_affinity(struct trace *trace, struct tracee *tracee, bool watches)
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

/*
 * A thread is about to install a filter for its whole process. From then on the others must stop at
 * every entry, before that filter can deny it; they do once they have stopped anywhere. The thread
 * is held until no other is running: what sleeps in the kernel must pass such a stop on its way
 * out.
 */
static void watch_siblings(struct trace *trace, struct tracee *installer)
{
    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (t->process == installer->process && t != installer)
            interrupt(t);
    }
    installer->process->installer = installer->tid;
}

static bool siblings_watched(const struct trace *trace, const struct process *process)
{
    char state;
    unsigned flags;

    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (t->process == process && t->interrupted && procfs_stat(t->tid, &state, &flags) &&
            state == 'R')
            return false;
    }
    return true;
}

/* Lets the thread go that installs a filter, if it is time. */
static void release_installer(struct trace *trace, struct process *process)
{
    struct tracee *installer = tracees_find(&trace->tracees, process->installer);

    if (!siblings_watched(trace, process))
        return;
    process->installer = 0;
    if (installer && installer->process == process)
        resume(trace, installer, 0);
}

/* Takes note of a call whose effect concerns us. */
static void note_effect(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    enum call_meaning meaning = calls_meaning(&trace->calls, entry->abi, entry->nr);
    struct process *process = tracee->process;
    uint64_t start, size;
    bool all_threads;

    if (meaning == CALL_OTHER)
        return;
    if (call_changes_map(meaning, entry->args, &start, &size) &&
        (!size || space_overlaps(tracee->space, start, size))) {
        tracee->changing_map = true;
        tracee->space->stale = true;
    }
    if (meaning == CALL_CLONE || meaning == CALL_CLONE3 || meaning == CALL_VFORK ||
        meaning == CALL_FORK)
        note_clone(tracee, entry, meaning);
    if (call_closes_memory(meaning, entry->args))
        procfs_keep_open(tracee);
    tracee->entering_strict =
        trace->seccomp && !process->own_filter && call_enters_strict_mode(meaning, entry->args);
    if (call_installs_filter(meaning, entry->args, &all_threads)) {
        if (all_threads && trace->seccomp && !process->own_filter)
            watch_siblings(trace, tracee);
        process->own_filter = true;
    }
    if ((meaning == CALL_EXIT_GROUP || meaning == CALL_EXECVE) && !process->ender)
        process->ender = tracee->tid;
    tracee->ending = meaning == CALL_EXIT || meaning == CALL_EXIT_GROUP;
    if (trace->near.enabled && sees_affinity(tracee, entry, meaning))
        watch_affinity(trace, tracee, true);
}

/* An entry stop that is the first of its call. */
static void count_entry(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    tracee->changing_map = tracee->cloning = tracee->ending = false;
    if ((entry->ip & ~UINT64_C(0xfff)) == VSYSCALL_PAGE) {
        trace->run->executions[trace->execution].vsyscall++;
        return;
    }
    int64_t stack = take_stack(trace, tracee, entry);
    int64_t count = add_call(trace, tracee->process->program, stack, entry->abi, entry->nr);
    note_effect(trace, tracee, entry);
    tracee->at_entry = count >= 0;
    tracee->observed = trace->options->results && count >= 0;
    tracee->count = (uint32_t)count;
    tracee->clone_stack = stack < 0 ? UNKNOWN_STACK : stack;
    if (tracee->strict && !call_is_strict(entry->abi, entry->nr))
        kill(tracee->tid, SIGKILL);
}

/* The exit of a call that our filter made fail: seccomp's strict mode is not for a thread that has
 * filters. The tracee is told that it worked, and from here on count_entry sees to it. (That kills
 * the process, the kernel would kill the thread.) */
static bool enter_strict_mode(struct tracee *tracee)
{
    struct user_regs_struct registers;

    if (!request_send(PTRACE_GETREGS, tracee->tid, 0, (uintptr_t)&registers))
        return false;
    registers.rax = 0;
    tracee->strict = request_send(PTRACE_SETREGS, tracee->tid, 0, (uintptr_t)&registers);
    return tracee->strict;
}

/* A filter of the program's own said RET_TRACE: without a tracer that is ENOSYS (seccomp(2)). */
static void refuse_call(const struct tracee *tracee, struct entry *entry)
{
    entry->registers.orig_rax = (unsigned long long)-1;
    entry->registers.rax = (unsigned long long)-ENOSYS;
    request_send(PTRACE_SETREGS, tracee->tid, 0, (uintptr_t)&entry->registers);
}

static void handle_seccomp(struct trace *trace, struct tracee *tracee)
{
    struct entry entry;

    if (tracee->process->program < 0 || !read_entry(tracee, &entry))
        return;
    if (!tracee->in_call)
        count_entry(trace, tracee, &entry);
    if (entry.filter_data == FILTER_DATA) {
        tracee->passed_filter = true;
    } else {
        if (!tracee->in_call)
            trace->run->executions[trace->execution].denied++;
        refuse_call(tracee, &entry);
    }
}

static void handle_syscall(struct trace *trace, struct tracee *tracee)
{
    struct __ptrace_syscall_info info;
    struct entry entry;

    if (tracee->process->program < 0 ||
        !request_send(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), (uintptr_t)&info))
        return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY && read_entry(tracee, &entry)) {
        count_entry(trace, tracee, &entry);
        tracee->in_call = true;
        tracee->passed_filter = !trace->seccomp;
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
        if (tracee->in_call && !tracee->passed_filter)
            trace->run->executions[trace->execution].denied++;
        if (tracee->changing_map)
            tracee->space->stale = true;
        if (tracee->entering_strict && info.exit.rval == -EINVAL)
            info.exit.is_error = !enter_strict_mode(tracee);
        if (tracee->observed)
            run_add_result(trace->run, tracee->count, info.exit.is_error,
                           trace->stopped_at - tracee->resumed_in_call);
        tracee->in_call = tracee->changing_map = tracee->observed = tracee->entering_strict = false;
    }
}

/* ---- Processes and threads ---- */

/* Where there is no going on: the tracees go with us (PTRACE_O_EXITKILL). */
static _Noreturn void die_of_memory(void)
{
    die("out of memory");
}

/* The program that a process runs. */
static int64_t find_program(struct trace *trace, pid_t tid)
{
    int64_t program = record_program(trace->run, tid);

    if (program < 0)
        die_of_memory();
    return program;
}

static void enqueue(struct trace *trace, pid_t tid, int status)
{
    if (trace->queue_count == trace->queue_capacity) {
        size_t capacity = trace->queue_capacity ? 2 * trace->queue_capacity : 64;
        struct waited *queue = reallocarray(trace->queue, capacity, sizeof(*queue));
        if (!queue)
            die_of_memory();
        trace->queue = queue;
        trace->queue_capacity = capacity;
    }
    trace->queue[trace->queue_count++] =
        (struct waited){ tid, status, trace->options->results ? now() : 0 };
}

/* What was waited for last of that tid and is not handled yet; NULL: nothing. */
static struct waited *find_queued(struct trace *trace, pid_t tid)
{
    for (size_t i = trace->queue_count; i > trace->queue_head; i--) {
        if (trace->queue[i - 1].tid == tid)
            return &trace->queue[i - 1];
    }
    return NULL;
}

/* Handles the stop in which a tracee without a place has been waiting, unless its death is next. */
static void release_held(struct trace *trace, struct tracee *tracee)
{
    if (tracee->held && !find_queued(trace, tracee->tid))
        enqueue(trace, tracee->tid, tracee->held_status);
    tracee->held = false;
}

/* Gives a tracee its place, and lets it go if it waits already. */
static void place(struct trace *trace, struct tracee *tracee, struct process *process,
                  struct space *space)
{
    if (!process || !space)
        die_of_memory();
    tracee_adopt(tracee, process, space);
    release_held(trace, tracee);
}

/* Gives a new tracee its place next to the one that makes it. */
static void adopt(struct trace *trace, struct tracee *child, const struct tracee *parent)
{
    uint64_t flags = parent->clone_flags;
    bool thread = flags & CLONE_THREAD;
    struct process *process = thread ? process_ref(parent->process)
                                     : process_create(child->tid, parent->process->program);
    struct space *space = flags & CLONE_VM ? space_ref(parent->space) : space_fork(parent->space);

    place(trace, child, process, space);
    process->own_filter |= parent->process->own_filter;
    if (flags & CLONE_VM && flags & CLONE_VFORK && parent->clone_own_stack)
        child->spawned_by = parent->clone_stack;
    else if (!thread)
        child->spawned_by = parent->spawned_by;
    if (parent->cleared_untraced) {
        /* It has a copy of the registers; and of the memory, unless it shares that. */
        child->cleared_untraced = !(parent->clone_args && flags & CLONE_VM);
        child->clone_flags = parent->clone_flags;
        child->clone_args = parent->clone_args;
        child->clone_abi = parent->clone_abi;
    }
}

/* Gives a tracee its place, of which only what /proc says is known. */
static void adopt_unknown(struct trace *trace, struct tracee *tracee)
{
    pid_t pid = (pid_t)procfs_status(tracee->tid, "Tgid");
    const struct tracee *sibling = pid > 0 ? tracees_find_process(&trace->tracees, pid) : NULL;

    if (sibling) {
        place(trace, tracee, process_ref(sibling->process), space_ref(sibling->space));
    } else {
        place(trace, tracee, process_create(pid, find_program(trace, tracee->tid)), space_create());
        tracee->process->own_filter = true; /* it may have one */
    }
}

static void handle_child(struct trace *trace, struct tracee *parent, int event)
{
    unsigned long tid = 0;

    if (!request_send(PTRACE_GETEVENTMSG, parent->tid, 0, (uintptr_t)&tid))
        return;
    struct tracee *child = tracees_find(&trace->tracees, (pid_t)tid);
    bool noted = parent->cloning;
    parent->cloning = false;
    if (!child && kill((pid_t)tid, 0) < 0 && errno == ESRCH)
        return; /* it was killed, and has been waited for already */
    if (!child)
        child = tracees_add(&trace->tracees, (pid_t)tid);
    if (!child)
        die_of_memory();
    if (!child->process && noted && parent->clone_known) {
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
        if (t->process && t->cloning &&
            (t->process->pid == parent || t->clone_flags & CLONE_PARENT))
            return true;
    }
    return false;
}

/* Those whose parents died before their events could be seen get their places. After all that was
 * waited for is handled: an event may have been among that. */
static void adopt_orphans(struct trace *trace)
{
    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (!t->process && t->held && !is_expected(trace, t)) {
            adopt_unknown(trace, t);
            trace->orphans -= trace->orphans > 0;
        }
    }
}

/* execve succeeded: a new program in a new address space, whose only thread has the tid of the
 * leader. */
static void handle_exec(struct trace *trace, struct tracee **in_out, pid_t tid)
{
    struct tracee *tracee = *in_out;
    unsigned long former = (unsigned long)tid;

    request_send(PTRACE_GETEVENTMSG, tid, 0, (uintptr_t)&former);
    if ((pid_t)former != tid) {
        struct tracee *caller = tracees_find(&trace->tracees, (pid_t)former);
        if (caller && caller->process) {
            watch_affinity(trace, tracee, false);
            watch_affinity(trace, caller, false);
            /* The former leader may have vanished in a call. */
            trace->orphans += tracee && tracee->cloning;
            if (tracee && tracee->at_entry)
                trace->run->executions[trace->execution].killed++;
            tracees_rename(&trace->tracees, caller, tid);
            tracee = *in_out = caller;
        }
    }
    struct space *space = space_create();
    if (!space)
        die_of_memory();
    space_unref(tracee->space);
    tracee->space = space;
    tracee->spawned_by = NO_STACK;
    tracee->changing_map = false;
    tracee->process->ender = 0;
    if (!trace->started && tid != trace->launch.pid)
        return;
    tracee->process->program = find_program(trace, tid);
    if (!trace->started) {
        /* The execve that started it all is the tracer's, but the program's first call. */
        struct frame start = { .module = MODULE_START };
        int64_t stack = stacks_intern(&trace->run->stacks, &start, 1, STACK_COMPLETE);
        add_call(trace, tracee->process->program, stack, ABI_X86_64, SYS_execve);
        trace->started = true;
    }
}

/*
 * A tracee at an entry has died. By the call itself, exit or exit_group? Else it was killed, and
 * whether the kernel had begun the call is not known.
 */
static bool ended_itself(const struct tracee *tracee, int status)
{
    pid_t ender = tracee->process->ender;
    return tracee->ending && WIFEXITED(status) && (!ender || ender == tracee->tid);
}

static void handle_death(struct trace *trace, struct tracee *tracee, pid_t tid, int status)
{
    if (tid == trace->launch.pid && signals.command) { /* the first of that pid */
        trace->status = status;
        signals.command = 0;
    }
    if (tid == trace->saver)
        trace->saver = 0;
    if (!tracee)
        return; /* a child that we inherited from whoever executed us */
    watch_affinity(trace, tracee, false);
    if (tracee->at_entry && !ended_itself(tracee, status))
        trace->run->executions[trace->execution].killed++;
    trace->orphans += tracee->cloning;
    struct process *process = tracee->process ? process_ref(tracee->process) : NULL;
    tracees_remove(&trace->tracees, tracee);
    if (process && process->installer)
        release_installer(trace, process);
    process_unref(process);
}

/* A stop of a tracee that no parent has announced yet: it waits for that, stopped. */
static void hold(struct trace *trace, struct tracee *tracee, pid_t tid, int status)
{
    if (!tracee)
        tracee = tracees_add(&trace->tracees, tid);
    if (!tracee)
        die_of_memory();
    tracee->held = true;
    tracee->held_status = status;
}

/* ---- The loop ---- */

static void handle_stop(struct trace *trace, pid_t tid, int status)
{
    struct stop stop = stop_classify(status);
    struct tracee *tracee = tracees_find(&trace->tracees, tid);
    int signal = 0;

    if (stop.kind == STOP_EXITED || stop.kind == STOP_KILLED) {
        handle_death(trace, tracee, tid, status);
        return;
    }
    if (!tracee || !tracee->process) {
        hold(trace, tracee, tid, status);
        return;
    }
    bool interrupted = tracee->interrupted;
    tracee->interrupted = false; /* any stop takes the place of the one that we asked for */
    if (!(stop.kind == STOP_SECCOMP && tracee->in_call)) { /* that is at the entry still */
        watch_affinity(trace, tracee, false);
        tracee->at_entry = false;
        if (stop.kind != STOP_CHILD)
            restore_untraced(tracee);
    }
    switch (stop.kind) {
    case STOP_SECCOMP:
        handle_seccomp(trace, tracee);
        break;
    case STOP_SYSCALL:
        handle_syscall(trace, tracee);
        if (!tracee->at_entry && restart_call(trace, tracee, false))
            interrupt(tracee); /* else the kernel might not look whether there is one to restart */
        break;
    case STOP_EXEC:
        handle_exec(trace, &tracee, tid);
        break;
    case STOP_CHILD:
        handle_child(trace, tracee, stop.value);
        break;
    case STOP_START:
        if (interrupted)
            restart_call(trace, tracee, false);
        break;
    case STOP_GROUP:
        restart_call(trace, tracee, true);
        request_send(PTRACE_LISTEN, tid, 0, 0);
        trace->suspend |= signals.suspend && tid == trace->launch.pid;
        if (tracee->process->installer)
            release_installer(trace, tracee->process);
        return;
    case STOP_SIGNAL:
        signal = stop.value;
        restart_call(trace, tracee, stop_is_by(signal));
        break;
    default:
        break;
    }
    pid_t installer = tracee->process->installer;
    if (installer != tid)
        resume(trace, tracee, signal);
    if (installer)
        release_installer(trace, tracee->process);
}

/*
 * Puts what was waited for in the queue. A tracee that has a stop there already was not resumed: it
 * can only have died, or lost its tid to another thread of its process, which called execve. The
 * former stop is no more, and resuming from it would resume the new program, whose next stop would
 * be lost.
 */
static void note_waited(struct trace *trace, pid_t tid, int status)
{
    struct waited *former = find_queued(trace, tid);

    if (former && WIFSTOPPED(former->status)) {
        struct tracee *tracee = tracees_find(&trace->tracees, tid);
        former->status = status;
        if (tracee)
            tracee->at_entry = false; /* it has come further, to that stop */
    } else {
        enqueue(trace, tid, status);
    }
}

/* Where no wait will tell of a tracee again, none may be left. */
static void check_all_gone(const struct trace *trace, int error)
{
    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (procfs_status(t->tid, "TracerPid") == gettid())
            die("cannot wait for process %d: %s", (int)t->tid, strerror(error));
    }
}

/* Waits for one stop, then takes all others that are there: a tracee that stops all the time cannot
 * keep the others waiting. False: there are no tracees any more. */
static bool wait_for_stops(struct trace *trace)
{
    int status;

    trace->queue_head = trace->queue_count = 0;
    for (int flags = __WALL;; flags = __WALL | WNOHANG) {
        pid_t tid = waitpid(-1, &status, flags);
        if (tid > 0) {
            note_waited(trace, tid, status);
            if (trace->tracees.count == 1)
                return true; /* there are no others */
        } else if (tid < 0 && errno == EINTR) {
            return true; /* with what there is; the next wait blocks again */
        } else {
            if (tid < 0)
                check_all_gone(trace, errno);
            return tid == 0 || trace->queue_count;
        }
    }
}

/* Forks: the child has all that was recorded so far to itself, and writes it; we go on. */
static void save_now(struct trace *trace)
{
    trace->next_save = now() + (uint64_t)trace->options->interval * 1000000000;
    if (trace->saver)
        return; /* it is at it still */
    trace->saver = fork();
    if (trace->saver < 0) {
        diag("cannot save the results meanwhile: fork: %s", strerror(errno));
        trace->saver = 0;
    } else if (!trace->saver) {
        signals_ignore();
        trace->run->executions[trace->execution].cut_short = true;
        _exit(record_end(trace->run, trace->execution, NULL, &trace->images) < 0
                  ? EXIT_OURS
                  : trace->save(trace->options, trace->run));
    }
}

static void handle_tick(struct trace *trace)
{
    signals.tick = false;
    if (trace->show_progress)
        progress_show(&trace->progress, trace->run,
                      trace->run->executions[trace->execution].entries);
    if (trace->options->interval && now() >= trace->next_save)
        save_now(trace);
}

static void handle_queue(struct trace *trace)
{
    while (trace->queue_head < trace->queue_count) {
        struct waited next = trace->queue[trace->queue_head++];
        trace->stopped_at = next.time;
        handle_stop(trace, next.tid, next.status);
    }
}

static void loop(struct trace *trace)
{
    while ((trace->tracees.count || trace->orphans) && !trace->cut_short && wait_for_stops(trace)) {
        handle_queue(trace);
        if (trace->orphans) {
            adopt_orphans(trace);
            handle_queue(trace);
        }
        take_signal(trace);
        if (signals.tick)
            handle_tick(trace);
        if (trace->suspend) {
            progress_end(&trace->progress);
            trace->suspend = false;
            signals.suspend = false;
            kill(getpid(), SIGSTOP);
        }
    }
}

/* ---- Setting up and ending ---- */

static int64_t add_module(void *context, const struct module *module)
{
    return run_module(context, module);
}

/* Each image keeps its file open. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void start_ticking(struct trace *trace)
{
    trace->show_progress = !trace->options->quiet && isatty(STDERR_FILENO);
    trace->next_save = now() + (uint64_t)trace->options->interval * 1000000000;
    progress_begin(&trace->progress, &trace->options->table_options);
    if (trace->show_progress || trace->options->interval)
        signals_start_ticking();
}

static int trace_init(struct trace *trace, const struct options *options, save_fn *save,
                      struct run *run)
{
    *trace = (struct trace){
        .options = options, .save = save, .run = run, .launch = { .report_fd = -1 }
    };
    trace->seccomp = options->engine == ENGINE_SECCOMP ||
                     (options->engine == ENGINE_AUTO && launch_has_seccomp());
    calls_init(&trace->calls);
    images_init(&trace->images, add_module, run);
    int64_t execution = record_begin(run, options, trace->seccomp ? "seccomp" : "ptrace");
    if (execution < 0 || tracees_init(&trace->tracees) < 0 ||
        unwinder_init(&trace->unwinder, &trace->images) < 0)
        return -ENOMEM;
    trace->execution = (uint32_t)execution;
    trace->verify = (struct verify){ .every = options->verify_every, .file = stderr };
    return 0;
}

static void trace_deinit(struct trace *trace)
{
    free(trace->queue);
    tracees_deinit(&trace->tracees);
    unwinder_deinit(&trace->unwinder);
    images_deinit(&trace->images);
    if (trace->launch.report_fd >= 0)
        close(trace->launch.report_fd);
}

static uintptr_t ptrace_options(const struct trace *trace)
{
    return OPTIONS | (trace->options->kill_on_exit ? PTRACE_O_EXITKILL : 0);
}

/* Seizes the command and gives it its place as the first tracee. 0 or an exit status. */
static int begin_command(struct trace *trace)
{
    int result = launch_seize(&trace->launch, ptrace_options(trace));

    if (result)
        return result;
    struct tracee *tracee = tracees_add(&trace->tracees, trace->launch.pid);
    struct process *process = process_create(trace->launch.pid, -1);
    struct space *space = space_create();
    if (!tracee || !process || !space)
        die_of_memory();
    /* A filter that is on us already (a container's) may deny calls before ours sees them. So it is
     * if that cannot be known. */
    process->own_filter = procfs_status(getpid(), "Seccomp") != 0;
    tracee_adopt(tracee, process, space);
    return 0;
}

/* Seizes the processes of -p; stops their threads once, so that they stop at calls from then on. 0
 * or an exit status. */
static int begin_attached(struct trace *trace)
{
    const struct options *options = trace->options;
    struct process *process;

    for (size_t i = 0; i < options->attach_count; i++) {
        int result =
            attach_process(&trace->tracees, options->attach[i], ptrace_options(trace), &process);
        if (result)
            return result;
        if (process)
            process->program = find_program(trace, process->pid);
    }
    trace->started = true;
    size_t threads = trace->tracees.count;
    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));)
        interrupt(t);
    if (!options->quiet)
        diag("attached, %zu thread%s; an interrupt (^C) ends the tracing", threads,
             threads == 1 ? "" : "s");
    return 0;
}

/* Is a stop to be expected soon that we asked for? */
static bool is_unsettled(const struct trace *trace)
{
    char state;
    unsigned flags;

    for (struct tracee *t = NULL; (t = tracees_next(&trace->tracees, t));) {
        if (t->interrupted && procfs_stat(t->tid, &state, &flags) && state != 'D')
            return true;
    }
    return false;
}

/* Before we leave tracees that live on: no call of theirs is to fail because we have stopped them.
 */
static void settle(struct trace *trace)
{
    static const struct timespec millisecond = { 0, 1000000 };
    int status;

    for (int i = 0; i < SETTLE_MILLISECONDS && is_unsettled(trace); i++) {
        pid_t tid = waitpid(-1, &status, __WALL | WNOHANG);
        if (tid > 0)
            handle_stop(trace, tid, status);
        else
            nanosleep(&millisecond, NULL);
    }
}

/*
 * Traces from the first to the last. Its tracer is this thread, not the process; so when it ends,
 * the kernel lets go of the tracees there still are, wherever they are, without stopping them; or,
 * by PTRACE_O_EXITKILL, kills them. Every stop that was waited for has been resumed by then.
 */
static void *tracing_thread(void *context)
{
    struct trace *trace = context;

    trace->result = trace->options->attach_count ? begin_attached(trace) : begin_command(trace);
    if (trace->result)
        return NULL;
    signals_catch(trace->launch.pid);
    near_init(&trace->near, !trace->options->no_near);
    start_ticking(trace);
    if (trace->launch.pid)
        launch_go(&trace->launch);
    loop(trace);
    signals_stop_ticking();
    progress_end(&trace->progress);
    if (!trace->options->kill_on_exit)
        settle(trace);
    if (trace->saver)
        waitpid(trace->saver, NULL, 0);
    return NULL;
}

static int run_thread(struct trace *trace)
{
    pthread_t thread;

    raise_file_limit();
    signals_block();
    int error = pthread_create(&thread, NULL, tracing_thread, trace);
    if (error) {
        diag("cannot start a thread: %s", strerror(error));
        if (trace->launch.pid)
            launch_abandon(&trace->launch);
        return EXIT_OURS;
    }
    pthread_join(thread, NULL);
    return trace->result;
}

/* The invariant of every run: what was seen was counted. */
static void check_counts(const struct trace *trace)
{
    uint64_t calls = 0;

    for (size_t i = 0; i < trace->run->count_count; i++)
        calls += trace->run->counts[i].calls;
    assert(calls == trace->run->executions[trace->execution].entries);
}

static int report_verify(const struct verify *verify)
{
    if (verify->every)
        diag("verify: %" PRIu64 " stacks unwound twice, %" PRIu64 " differences", verify->verified,
             verify->differences);
    return verify->differences ? EXIT_OURS : 0;
}

int trace(const struct options *options, save_fn *save, struct run *run, int *status)
{
    struct trace trace;
    int result = trace_init(&trace, options, save, run);

    if (result < 0) {
        diag("out of memory");
        result = EXIT_OURS;
    } else if (!options->attach_count) {
        result = launch_fork(&trace.launch, options, trace.seccomp);
    }
    if (!result)
        result = run_thread(&trace);
    if (!result) {
        *status = trace.status;
        run->executions[trace.execution].cut_short = trace.cut_short;
        if (!trace.started)
            result = launch_failure(&trace.launch, options);
        else
            result = report_verify(&trace.verify);
        check_counts(&trace);
        int error = record_end(run, trace.execution, options->attach_count ? NULL : &trace.status,
                               &trace.images);
        if (run->executions[trace.execution].lost)
            diag("out of memory: %" PRIu64 " calls were lost",
                 run->executions[trace.execution].lost);
        if (error < 0) {
            /* Without them calls would be in the wrong phase. */
            diag("cannot read the names of functions: %s", strerror(-error));
            result = EXIT_OURS;
        }
    }
    trace_deinit(&trace);
    return result;
}
