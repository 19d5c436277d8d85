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
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"
#include "diag.h"
#include "launch.h"
#include "near.h"
#include "procfs.h"
#include "progress.h"
#include "record.h"
#include "stop.h"
#include "symbolizer/verify.h"
#include "tracee.h"

enum {
    OPTIONS = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
              PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL,
    X32_BIT = 1 << 30,
    PROGRESS_MICROSECONDS = 500000,
};

#define VSYSCALL_PAGE UINT64_C(0xffffffffff600000)

struct waited {
    pid_t tid;
    int status;
};

struct trace {
    const struct options *options;
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

    bool started;     /* the command's first execve was seen */
    int status;       /* the command's wait status, once it has ended */
    bool suspend;     /* the command stopped after ^Z: stop likewise, for the shell waits for us */
    bool forwarded;   /* a signal was passed on to what the command left running */
    bool cut_short;   /* there was another: tracing ends here */
    unsigned orphans; /* tracees that died in a clone call: their children wait for no event */

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

/* For the handler, which has no other way to know. */
static struct {
    volatile sig_atomic_t pending; /* the last signal to pass on */
    volatile pid_t command;        /* 0: it has ended */
    volatile sig_atomic_t suspend; /* the terminal's ^Z came: we stop when the command does */
} signals;

/* A signal that somebody sent to us alone is meant for the command; the terminal's ^C has reached
 * it. */
static void on_signal(int number, siginfo_t *info, void *context)
{
    static const struct itimerval soon = { { 0, PROGRESS_MICROSECONDS },
                                           { 0, PROGRESS_MICROSECONDS } };
    int saved = errno;

    (void)context;
    if (!signals.command) {
        signals.pending = number;
        setitimer(ITIMER_REAL, &soon, NULL); /* should the loop just be about to wait */
    } else if (info->si_code <= 0) {
        kill(signals.command, number);
    }
    errno = saved;
}

/*
 * ^Z reaches us and the command alike. Were we stopped by it at once, a command that has a handler
 * for it (vim, less: it restores the terminal, then stops itself) would come to run it only after
 * `fg`, and then stop for good, the one SIGCONT being spent.
 */
static void on_suspend(int number)
{
    signals.suspend = true;
    if (!signals.command)
        kill(getpid(), SIGSTOP);
    (void)number;
}

static void on_alarm(int number)
{
    (void)number;
}

/* After the fork, for the command inherits what we were given. waitpid must be interrupted: no
 * SA_RESTART. */
static void catch_signals(pid_t command)
{
    static const int caught[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction forward = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    struct sigaction wake = { .sa_handler = on_alarm };
    struct sigaction suspend = { .sa_handler = on_suspend, .sa_flags = SA_RESTART }, former;
    struct sigaction ignore = { .sa_handler = SIG_IGN }, normal = { .sa_handler = SIG_DFL };
    sigset_t used;

    signals.command = command;
    sigemptyset(&used);
    sigaddset(&used, SIGALRM);
    for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++) {
        sigaction(caught[i], &forward, NULL);
        sigaddset(&used, caught[i]);
    }
    sigaction(SIGALRM, &wake, NULL);
    sigaction(SIGCHLD, &normal, NULL); /* if ignored, statuses would be lost */
    sigaction(SIGPIPE, &ignore, NULL); /* a closed pipe is an error of writing, with a message; */
    sigaction(SIGXFSZ, &ignore, NULL); /* and so is a file that becomes larger than allowed */
    if (!sigaction(SIGTSTP, NULL, &former) && former.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &suspend, NULL);
    sigprocmask(SIG_UNBLOCK, &used, NULL);
}

/* The command has ended but left others: they get the signal. If that does not end them, a second
 * one ends the tracing, and them with it. */
static void forward_pending(struct trace *trace)
{
    int number = signals.pending;

    signals.pending = 0;
    trace->cut_short = number && trace->forwarded;
    trace->forwarded |= number;
    for (size_t i = 0; number && i < trace->tracees.slot_count; i++) {
        for (const struct tracee *t = trace->tracees.slots[i]; t; t = t->next) {
            if (t->process && t->tid == t->process->pid)
                kill(t->tid, number);
        }
    }
}

/* ---- Resuming ---- */

/* The only place where tracees go on. That one is gone by now is no error: its death will be waited
 * for. */
static void resume(struct trace *trace, struct tracee *tracee, int signal)
{
    bool stop_at_exit = !trace->seccomp || tracee->changing_map || tracee->cleared_untraced ||
                        tracee->process->own_filter;

    near_resume(&trace->near, tracee->tid, stop_at_exit ? PTRACE_SYSCALL : PTRACE_CONT, signal,
                tracee->process->references == 1, &tracee->resumed_at);
}

/* ---- Calls ---- */

/* Reads the registers and what the kernel says of the stop. False: the tracee is gone. */
static bool read_entry(const struct tracee *tracee, struct entry *ret)
{
    struct __ptrace_syscall_info info;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), &info) <= 0 ||
        ptrace(PTRACE_GETREGS, tracee->tid, 0, &ret->registers) < 0 ||
        (info.op != PTRACE_SYSCALL_INFO_ENTRY && info.op != PTRACE_SYSCALL_INFO_SECCOMP))
        return false;
    /* `seccomp` begins with the same fields as `entry`. */
    uint64_t nr = info.entry.nr;
    ret->ip = info.instruction_pointer;
    ret->filter_data = info.op == PTRACE_SYSCALL_INFO_SECCOMP ? info.seccomp.ret_data : 0;
    memcpy(ret->args, info.entry.args, sizeof(ret->args));
    ret->abi = info.arch == AUDIT_ARCH_I386                 ? ABI_I386
               : nr & X32_BIT && nr < 2 * (uint64_t)X32_BIT ? ABI_X32
                                                            : ABI_X86_64;
    ret->nr = (uint32_t)(ret->abi == ABI_X32 ? nr & ~(uint64_t)X32_BIT : nr);
    return true;
}

/* Adds one call to the run. False: there was no memory to record it. */
static bool add_call(struct trace *trace, int64_t program, int64_t stack, enum abi abi, uint32_t nr)
{
    struct execution *execution = &trace->run->executions[trace->execution];
    struct count key = { .execution = trace->execution,
                         .program = (uint32_t)program,
                         .stack = (uint32_t)stack,
                         .abi = abi,
                         .nr = nr,
                         .calls = 1 };

    if (program < 0 || stack < 0 || run_count(trace->run, &key) < 0) {
        execution->lost++;
        return false;
    }
    execution->entries++;
    return true;
}

/* The stack of a tracee that entered a call; its number in the run, negative if there is no memory.
 */
static int64_t take_stack(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    struct unwinder *u = &trace->unwinder;
    struct stacks *stacks = &trace->run->stacks;
    struct target target = procfs_target(&tracee->tid);
    enum stack_end end =
        verify_unwind(&trace->verify, u, tracee->space, &target, &entry->registers);

    if (end == STACK_COMPLETE && tracee->spawned_by != NO_STACK)
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
        ptrace(PTRACE_POKEDATA, tracee->tid, tracee->clone_args, flags);
    } else if (!ptrace(PTRACE_GETREGS, tracee->tid, 0, &registers)) {
        *(abi == ABI_I386 ? &registers.rbx : &registers.rdi) = flags;
        ptrace(PTRACE_SETREGS, tracee->tid, 0, &registers);
    }
}

static void restore_untraced(struct tracee *tracee)
{
    if (tracee->cleared_untraced)
        write_clone_flags(tracee, tracee->clone_abi, tracee->clone_flags);
    tracee->cleared_untraced = false;
}

/* Notes what a clone call is about to make; for clone3 the flags and the stack lie in user memory.
 */
static void note_clone(struct tracee *tracee, const struct entry *entry, enum call_meaning meaning)
{
    struct target target = procfs_target(&tracee->tid);
    struct clone_args args = { 0 };

    tracee->cloning = true;
    tracee->clone_abi = entry->abi;
    tracee->clone_args = 0;
    if (meaning == CALL_VFORK || meaning == CALL_FORK) {
        tracee->clone_flags = meaning == CALL_VFORK ? CLONE_VM | CLONE_VFORK : 0;
        tracee->clone_own_stack = false;
    } else if (meaning == CALL_CLONE) {
        tracee->clone_flags = entry->args[0];
        tracee->clone_own_stack = entry->args[1];
    } else {
        target.read(target.context, entry->args[0], &args, CLONE_ARGS_SIZE_VER0);
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

/* Takes note of a call whose effect concerns us. */
static void note_effect(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    enum call_meaning meaning = calls_meaning(&trace->calls, entry->abi, entry->nr);
    uint64_t start, size;

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
    if (call_installs_filter(meaning, entry->args))
        tracee->process->own_filter = true;
    if (trace->near.enabled && sees_affinity(tracee, entry, meaning))
        watch_affinity(trace, tracee, true);
}

/* An entry stop that is the first of its call. */
static void count_entry(struct trace *trace, struct tracee *tracee, const struct entry *entry)
{
    tracee->changing_map = tracee->cloning = false;
    if ((entry->ip & ~UINT64_C(0xfff)) == VSYSCALL_PAGE) {
        trace->run->executions[trace->execution].vsyscall++;
        return;
    }
    int64_t stack = take_stack(trace, tracee, entry);
    add_call(trace, tracee->process->program, stack, entry->abi, entry->nr);
    note_effect(trace, tracee, entry);
    tracee->clone_stack = stack < 0 ? NO_STACK : stack;
}

/* A filter of the program's own said RET_TRACE: without a tracer that is ENOSYS (seccomp(2)). */
static void refuse_call(const struct tracee *tracee, struct entry *entry)
{
    entry->registers.orig_rax = (unsigned long long)-1;
    entry->registers.rax = (unsigned long long)-ENOSYS;
    ptrace(PTRACE_SETREGS, tracee->tid, 0, &entry->registers);
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
        ptrace(PTRACE_GET_SYSCALL_INFO, tracee->tid, sizeof(info), &info) <= 0)
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
        restore_untraced(tracee);
        tracee->in_call = tracee->changing_map = false;
    }
}

/* ---- Processes and threads ---- */

/* Where there is no going on: the tracees go with us (PTRACE_O_EXITKILL). */
static _Noreturn void die_of_memory(void)
{
    diag("out of memory");
    exit(EXIT_OURS);
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
    trace->queue[trace->queue_count++] = (struct waited){ tid, status };
}

/* Handles the stop in which a tracee without a place has been waiting. */
static void release_held(struct trace *trace, struct tracee *tracee)
{
    if (tracee->held)
        enqueue(trace, tracee->tid, tracee->held_status);
    tracee->held = false;
}

/* Gives a new tracee its place, next to the one that made it, and lets it go if it waits already.
 */
static void adopt(struct trace *trace, struct tracee *child, const struct tracee *parent,
                  uint64_t flags)
{
    bool thread = flags & CLONE_THREAD;
    struct process *process = thread ? process_ref(parent->process)
                                     : process_create(child->tid, parent->process->program);
    struct space *space = flags & CLONE_VM ? space_ref(parent->space) : space_fork(parent->space);

    if (!process || !space)
        die_of_memory();
    process->own_filter |= parent->process->own_filter;
    tracee_adopt(child, process, space);
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
    release_held(trace, child);
}

static void handle_child(struct trace *trace, struct tracee *parent, int event)
{
    unsigned long tid = 0;

    if (ptrace(PTRACE_GETEVENTMSG, parent->tid, 0, &tid) < 0)
        return;
    struct tracee *child = tracees_find(&trace->tracees, (pid_t)tid);
    if (!child && kill((pid_t)tid, 0) < 0 && errno == ESRCH)
        return; /* it was killed, and has been waited for already */
    if (!child)
        child = tracees_add(&trace->tracees, (pid_t)tid);
    if (!child)
        die_of_memory();
    uint64_t flags = parent->cloning               ? parent->clone_flags
                     : event == PTRACE_EVENT_VFORK ? CLONE_VM | CLONE_VFORK
                                                   : 0;
    parent->cloning = false;
    if (!child->process)
        adopt(trace, child, parent, flags);
}

/* The parent died before its event could be seen: what can be known is in /proc. */
static void adopt_orphan(struct trace *trace, struct tracee *child)
{
    pid_t pid = (pid_t)procfs_status(child->tid, "Tgid");
    struct tracee *leader = pid > 0 ? tracees_find(&trace->tracees, pid) : NULL;

    if (leader && leader != child && leader->process) {
        adopt(trace, child, leader, CLONE_THREAD | CLONE_VM);
        return;
    }
    struct process *process = process_create(pid, record_program(trace->run, child->tid));
    struct space *space = space_create();
    if (!process || !space)
        die_of_memory();
    process->own_filter = true; /* it may have inherited one */
    trace->orphans -= trace->orphans > 0;
    tracee_adopt(child, process, space);
    release_held(trace, child);
}

static void adopt_orphans(struct trace *trace)
{
    for (size_t i = 0; i < trace->tracees.slot_count; i++) {
        for (struct tracee *t = trace->tracees.slots[i]; t; t = t->next) {
            if (!t->process && t->held)
                adopt_orphan(trace, t);
        }
    }
}

/* execve succeeded: a new program in a new address space, whose only thread has the tid of the
 * leader. */
static void handle_exec(struct trace *trace, struct tracee **in_out, pid_t tid)
{
    struct tracee *tracee = *in_out;
    unsigned long former = (unsigned long)tid;
    bool orphaned = false; /* the former leader vanished in a clone call */

    ptrace(PTRACE_GETEVENTMSG, tid, 0, &former);
    if ((pid_t)former != tid) {
        struct tracee *caller = tracees_find(&trace->tracees, (pid_t)former);
        if (caller && caller->process) {
            watch_affinity(trace, tracee, false);
            watch_affinity(trace, caller, false);
            orphaned = tracee && tracee != caller && tracee->cloning;
            tracees_rename(&trace->tracees, caller, tid);
            tracee = *in_out = caller;
        }
    }
    struct space *space = space_create();
    if (space) {
        space_unref(tracee->space);
        tracee->space = space;
    } else {
        tracee->space->stale = true;
    }
    tracee->spawned_by = NO_STACK;
    tracee->changing_map = false;
    if (orphaned) {
        trace->orphans++;
        adopt_orphans(trace);
    }
    if (!trace->started && tid != trace->launch.pid)
        return;
    tracee->process->program = record_program(trace->run, tid);
    if (!trace->started) {
        /* The execve that started it all is the tracer's, but the program's first call. */
        struct frame start = { .module = MODULE_START };
        int64_t stack = stacks_intern(&trace->run->stacks, &start, 1, STACK_COMPLETE);
        add_call(trace, tracee->process->program, stack, ABI_X86_64, SYS_execve);
        trace->started = true;
    }
}

static void handle_death(struct trace *trace, struct tracee *tracee, pid_t tid, int status)
{
    if (tid == trace->launch.pid && signals.command) { /* the first of that pid */
        trace->status = status;
        signals.command = 0;
    }
    if (!tracee)
        return; /* a child that we inherited from whoever executed us */
    watch_affinity(trace, tracee, false);
    if (tracee->cloning) {
        trace->orphans++;
        adopt_orphans(trace);
    }
    tracees_remove(&trace->tracees, tracee);
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
    if (trace->orphans)
        adopt_orphan(trace, tracee);
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
    if (!(stop.kind == STOP_SECCOMP && tracee->in_call)) /* that is in the call still */
        watch_affinity(trace, tracee, false);
    switch (stop.kind) {
    case STOP_SECCOMP:
        handle_seccomp(trace, tracee);
        break;
    case STOP_SYSCALL:
        handle_syscall(trace, tracee);
        break;
    case STOP_EXEC:
        handle_exec(trace, &tracee, tid);
        break;
    case STOP_CHILD:
        handle_child(trace, tracee, stop.value);
        break;
    case STOP_START:
        restore_untraced(tracee);
        break;
    case STOP_GROUP:
        restore_untraced(tracee);
        ptrace(PTRACE_LISTEN, tid, 0, 0);
        trace->suspend |= signals.suspend && tid == trace->launch.pid;
        return;
    case STOP_SIGNAL:
        signal = stop.value;
        break;
    default:
        break;
    }
    resume(trace, tracee, signal);
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
            enqueue(trace, tid, status);
            if (trace->tracees.count == 1)
                return true; /* there are no others */
        } else if (tid < 0 && errno == EINTR) {
            forward_pending(trace);
            if (trace->show_progress)
                progress_show(&trace->progress, trace->run,
                              trace->run->executions[trace->execution].entries);
            return true; /* with what there is; the next wait blocks again */
        } else {
            return tid == 0 || trace->queue_count;
        }
    }
}

static void loop(struct trace *trace)
{
    while ((trace->tracees.count || trace->orphans) && !trace->cut_short && wait_for_stops(trace)) {
        while (trace->queue_head < trace->queue_count) {
            struct waited next = trace->queue[trace->queue_head++];
            handle_stop(trace, next.tid, next.status);
        }
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

static void start_progress(struct trace *trace)
{
    struct itimerval timer = { { 0, PROGRESS_MICROSECONDS }, { 0, PROGRESS_MICROSECONDS } };

    trace->show_progress = !trace->options->quiet && isatty(STDERR_FILENO);
    progress_begin(&trace->progress, &trace->options->table_options);
    if (trace->show_progress)
        setitimer(ITIMER_REAL, &timer, NULL);
}

static void stop_progress(struct trace *trace)
{
    struct itimerval none = { 0 };

    setitimer(ITIMER_REAL, &none, NULL);
    progress_end(&trace->progress);
}

static int trace_init(struct trace *trace, const struct options *options, struct run *run)
{
    *trace = (struct trace){ .options = options, .run = run, .launch = { .report_fd = -1 } };
    trace->seccomp = options->engine == ENGINE_SECCOMP ||
                     (options->engine == ENGINE_AUTO && launch_has_seccomp());
    calls_init(&trace->calls);
    images_init(&trace->images, add_module, run);
    int64_t execution = record_begin(run, options->command, trace->seccomp ? "seccomp" : "ptrace");
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

/* Starts the command and gives it its place as the first tracee. 0 or an exit status. */
static int start_command(struct trace *trace)
{
    int result = launch_start(&trace->launch, trace->options, trace->seccomp, OPTIONS);

    if (result)
        return result;
    struct tracee *tracee = tracees_add(&trace->tracees, trace->launch.pid);
    struct process *process = process_create(trace->launch.pid, -1);
    struct space *space = space_create();
    if (!tracee || !process || !space)
        die_of_memory();
    /* A filter that is on us already (a container's) may deny calls before ours sees them. */
    process->own_filter = procfs_status(getpid(), "Seccomp") > 0;
    tracee_adopt(tracee, process, space);
    return 0;
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

int trace_command(const struct options *options, struct run *run, int *status)
{
    struct trace trace;
    int result = trace_init(&trace, options, run);

    if (result < 0) {
        diag("out of memory");
        result = EXIT_OURS;
    } else if (!(result = start_command(&trace))) {
        catch_signals(trace.launch.pid);
        raise_file_limit();
        near_init(&trace.near, !options->no_near);
        start_progress(&trace);
        launch_go(&trace.launch);
        loop(&trace);
        stop_progress(&trace);
        *status = trace.status;
        run->executions[trace.execution].cut_short = trace.cut_short;
        if (!trace.started)
            result = launch_failure(&trace.launch, options);
        else
            result = report_verify(&trace.verify);
        check_counts(&trace);
        if (record_end(run, trace.execution, trace.status, &trace.images) < 0)
            diag("out of memory: some functions have no names");
    }
    trace_deinit(&trace);
    return result;
}
