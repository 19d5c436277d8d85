/* entry.c - reads which call it is, takes the stack, and counts. */
#include "entry.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>

#include "agents.h"
#include "diag.h"
#include "effects.h"
#include "jit.h"
#include "readahead.h"
#include "request.h"
#include "threadregs.h"
#include "view.h"

/* One entry into the kernel. */
struct entry {
    struct syscall call;
    uint32_t filter_data;         /* at a seccomp stop */
    struct registerset registers; /* pc, sp and foreign; the others are read when they matter */
};

/* The entry of a stop that is one. False: the tracee is gone. */
static bool read_entry(const struct tracer *tracer, const struct tracee *tracee,
                       const struct __ptrace_syscall_info *info, struct entry *ret)
{
    /* `seccomp` begins with the same fields as `entry`. */
    uint64_t nr = info->entry.nr;

    ret->filter_data = info->op == PTRACE_SYSCALL_INFO_SECCOMP ? info->seccomp.ret_data : 0;
    ret->call = meanings_read(&tracer->meanings, info->arch, nr, info->entry.args);
    ret->registers.all[REGISTER_PC] = info->instruction_pointer;
    ret->registers.all[REGISTER_SP] = info->stack_pointer;
    ret->registers.foreign = false;
    return threadregs_is_walked(ret->call.abi) || threadregs_read(tracee->tid, &ret->registers);
}

int64_t entry_add(struct tracer *tracer, const struct process *process, int64_t stack, enum abi abi,
                  uint32_t nr)
{
    struct execution *execution = tracer_execution(tracer);
    struct count key = { .execution = tracer->execution,
                         .program = (uint32_t)process->program,
                         .phase = process->phases.phase,
                         .stack = (uint32_t)stack,
                         .abi = abi,
                         .nr = nr,
                         .calls = 1 };

    int64_t count = process->program < 0 || stack < 0 ? -ENOMEM : run_count(tracer->run, &key);
    if (count < 0)
        execution->lost++;
    else
        execution->entries++;
    return count;
}

/* The stack of a tracee that entered a call; its number in the run, -EINPROGRESS, negative if there
 * is no memory. */
static int64_t take_stack(struct tracer *tracer, struct tracee *tracee, const struct entry *entry)
{
    struct view view = { tracee, &tracer->served, &tracer->readahead, &tracer->jit };
    struct target target = view_target(&view);

    jit_name_code(&target);
    readahead_begin(&tracer->readahead, tracee->space);
    return verify_unwind(&tracer->verify, &tracer->unwinder, tracee->space->space, &target,
                         &entry->registers, tracee->spawned_by);
}

/* The call may be the one that a phase of the process begins with. */
static void begin_phase(struct tracer *tracer, struct process *process, int64_t stack,
                        const struct syscall *call)
{
    const struct phase_rules *rules = &tracer->options->phases;
    uint64_t under = 0;

    if (rules->by_code & ~process->phases.begun && stack >= 0)
        under = phase_code_under(&tracer->phase_code, (uint32_t)stack);
    int rule = phase_rules_judge(rules, &process->phases, under, call->abi, call->nr);
    if (rule == PHASE_RULE_NONE)
        return;
    int64_t phase = rule < 0 ? rule : run_phase(tracer->run, rules->rules[rule].name);
    if (phase < 0)
        die("out of memory");
    process->phases.phase = (uint32_t)phase;
    tracer->phases_begun |= process->phases.begun;
}

static void count_if_known(uint64_t *count)
{
    *count += *count != COUNT_UNKNOWN;
}

/* Of a call in a pause no more is recorded than that it was. */
static void pass_over(struct tracer *tracer, struct tracee *tracee)
{
    tracer_execution(tracer)->paused++;
    tracee->call.passed_over = true;
}

/* It is not the program that makes this call again. */
static void pass_over_repeated(struct tracer *tracer, struct tracee *tracee)
{
    tracer_execution(tracer)->agent_setup++;
    tracee->call.passed_over = true;
}

/* Counts a call. */
static void count_call(struct tracer *tracer, struct tracee *tracee, int64_t stack,
                       const struct syscall *call)
{
    if (phase_rules_wait(&tracer->options->phases, &tracee->process->phases))
        begin_phase(tracer, tracee->process, stack, call);
    int64_t count = entry_add(tracer, tracee->process, stack, call->abi, call->nr);
    tracee->at_entry = count >= 0;
    tracee->call.observed = tracer->options->results && count >= 0;
    tracee->call.count = (uint32_t)count;
}

/* What can be seen of a call at its entry. False: its stack cannot be taken yet. */
static bool observe(struct tracer *tracer, struct tracee *tracee, const struct entry *entry)
{
    bool blind = tracee->repeats || (tracer->paused && !judge_asks(&tracer->judge));
    int64_t stack = blind ? UNKNOWN_STACK : take_stack(tracer, tracee, entry);

    if (stack == -EINPROGRESS)
        return false;
    if (tracee->repeats)
        pass_over_repeated(tracer, tracee);
    else if (tracer->paused)
        pass_over(tracer, tracee);
    else
        count_call(tracer, tracee, stack, &entry->call);
    tracee->call.stack = stack < 0 ? UNKNOWN_STACK : stack;
    return true;
}

/* What the user wants to become of the call. */
static void judge_entry(struct tracer *tracer, struct tracee *tracee, const struct syscall *call)
{
    const struct process *process = tracee->process;
    struct ruling *ruling = &tracee->ruling;
    uint32_t stack =
        tracee->call.stack < 0 ? (uint32_t)STACK_NO_MEMORY : (uint32_t)tracee->call.stack;

    *ruling = judge_call(&tracer->judge, stack, process->phases.phase, &tracee->injections,
                         call->abi, call->nr);
    tracee->call.refusable = ruling->refuse;
    if (ruling->outside != INSIDE)
        policy_log_add(&tracer->policy_log, tracee, stack, call->abi, call->nr);
    if (ruling->signal)
        tgkill(process->pid, tracee->tid, ruling->signal);
}

/* The call returns what was ruled, without the kernel's having seen it (seccomp(2), "the tracer can
 * skip the system call"). */
static void refuse(struct tracer *tracer, struct tracee *tracee)
{
    const struct ruling *ruling = &tracee->ruling;

    tracee->call.refused = true;
    if (!tracee->call.passed_over)
        tracer_execution(tracer)->refused++;
    threadregs_set_result(tracee->tid, ruling->result, true);
    if (ruling->outside != INSIDE && ruling->action.kind == RULES_KILL)
        kill(tracee->process->pid, SIGKILL);
}

/* An entry stop that is the first of its call. False: it is put off, until its stack can be taken.
 */
static bool begin_call(struct tracer *tracer, struct tracee *tracee, const struct entry *entry)
{
    const int64_t last = tracee->call.stack;

    tracee_end_call(tracee); /* it had one whose exit was not asked for */
    if (threadregs_is_emulated(entry->registers.all[REGISTER_PC])) {
        count_if_known(&tracer_execution(tracer)->vsyscall);
        return true;
    }
    if (!observe(tracer, tracee, entry))
        return false;
    if (judge_asks(&tracer->judge))
        judge_entry(tracer, tracee, &entry->call);
    if (!tracee->call.refusable)
        effects_begin(tracer, tracee, &entry->call);
    if (tracer->agent)
        agents_counted(tracer, tracee, &entry->call, entry->registers.all[REGISTER_PC],
                       entry->registers.all[REGISTER_SP]);
    if (tracee->repeats)
        tracee->call.stack = last;
    tracee->repeats = false;
    return true;
}

static void count_denied(struct tracer *tracer, const struct tracee *tracee)
{
    if (!tracee->call.passed_over)
        count_if_known(&tracer_execution(tracer)->denied);
}

static void end_call(struct tracer *tracer, struct tracee *tracee,
                     struct __ptrace_syscall_info *info)
{
    if (tracee->call.in_call && !tracee->call.passed_filter)
        count_denied(tracer, tracee);
    /* A filter of the program's own has had it made without ours (SECCOMP_RET_USER_NOTIF). */
    if (tracee->call.refusable && !tracee->call.refused)
        space_changed(tracee->space->space, 0, 0);
    effects_end(tracee, info);
    if (tracer->agent && tracee->call.changing_map)
        agents_check_window(tracer, tracee);
    if (tracee->call.observed)
        run_add_result(tracer->run, tracee->call.count, info->exit.is_error,
                       tracer->stopped_at - tracee->call.resumed);
    tracee_end_call(tracee);
}

/* A filter has stopped the call: ours, or one of the program's own. */
static bool at_filter(struct tracer *tracer, struct tracee *tracee, const struct entry *entry)
{
    if (tracer->agent && !tracee->call.in_call && entry->filter_data == FILTER_DATA &&
        agents_enter(tracer, tracee, &entry->call, entry->registers.all[REGISTER_PC]))
        return true;
    if (!tracee->call.in_call && !begin_call(tracer, tracee, entry))
        return false;
    if (entry->filter_data == FILTER_DATA) {
        tracee->call.passed_filter = true;
        if (tracee->call.refusable)
            refuse(tracer, tracee);
    } else {
        if (!tracee->call.in_call)
            count_denied(tracer, tracee);
        /* Without a tracer its RET_TRACE is that (seccomp(2)). */
        threadregs_set_result(tracee->tid, -ENOSYS, true);
    }
    return true;
}

bool entry_stop(struct tracer *tracer, struct tracee *tracee)
{
    struct __ptrace_syscall_info info;
    struct entry entry;

    if (tracee->process->program < 0 || !request_syscall_info(tracee->tid, &info))
        return true;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT)
        end_call(tracer, tracee, &info);
    if (info.op == PTRACE_SYSCALL_INFO_EXIT || info.op == PTRACE_SYSCALL_INFO_NONE ||
        !read_entry(tracer, tracee, &info, &entry))
        return true;
    if (info.op == PTRACE_SYSCALL_INFO_SECCOMP)
        return at_filter(tracer, tracee, &entry);
    if (!begin_call(tracer, tracee, &entry))
        return false;
    tracee->call.in_call = true;
    tracee->call.passed_filter =
        !tracer->seccomp || (tracer->agent && agents_is_window(entry.registers.all[REGISTER_PC]));
    if (tracee->call.refusable && !tracer->seccomp)
        refuse(tracer, tracee);
    return true;
}
