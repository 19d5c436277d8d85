/*
 * agents.c - decides which process, and when; what calls and other stops mean for it.
 *
 * Every step is taken in a stop of one thread. Others may be running meanwhile: what is changed
 * under their feet is changed by agentcode.c and trie.c, and what is not known to be simple is left
 * to stops.
 */
#include "agents.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>

#include "agentcalls.h"
#include "agentcode.h"
#include "agentcounts.h"
#include "agentinject.h"
#include "agentlearn.h"
#include "agentstate.h"
#include "agentthreads.h"
#include "request.h"
#include "threadregs.h"
#include "view.h"

enum {
    TERM = 1024,          /* stops after which it is seen whether the agent pays, */
    REST = 4 * TERM,      /* and for so many it rests if it does not */
    PATCHES_PER_STOP = 2, /* that are taken out and put back for the price of a stop */
};

bool agents_is_window(uint64_t pc)
{
    return pc - WINDOW < WINDOW_SIZE;
}

/* Is the process such that its calls may be counted in it now? */
static bool is_eligible(const struct tracer *tracer, const struct tracee *tracee)
{
    const struct process *process = tracee->process;
    const struct address_space *space = tracee->space;

    return !process->own_filter && !process->installers && process->program >= 0 &&
           !space->userfaults && !space->served_count &&
           !phase_rules_wait(&tracer->options->phases, &process->phases);
}

static void restore_code(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    agent->spent += agent->in_code_count / PATCHES_PER_STOP;
    agent->retry_at = 0;
    agentcode_restore(tracer, tracee, agent);
}

/* For good. */
static void give_up(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    if (agent->state == AGENT_PRESENT) {
        agent_table(agent)->off = 1;
        agentcode_restore(tracer, tracee, agent);
        agentcounts_take(tracer, agent);
    }
    agent->state = AGENT_NEVER;
    near_watch(&tracer->near, &agent->watches, false);
}

/* Is a thread in a call of which the memory has a copy afterwards, or is closed to us? */
static bool must_stay_restored(const struct tracer *tracer, const struct address_space *space)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));) {
        bool copies = t->call.cloning && !(t->call.clone.known && t->call.clone.flags & CLONE_VM);
        if (t->space == space && (copies || t->call.closes_memory))
            return true;
    }
    return false;
}

static bool is_changing_map(const struct tracer *tracer, const struct address_space *space)
{
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));)
        if (t->space == space && t->call.changing_map)
            return true;
    return false;
}

/* Patches that are not in the code, for they had to be taken out, or could not be put there. */
static void put_patches(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    if (agent->in_code_count < agent->patch_count && agent->stops >= agent->retry_at &&
        !must_stay_restored(tracer, tracee->space) && !agentcode_put(tracer, tracee, agent))
        give_up(tracer, tracee, agent);
}

/*
 * A stop costs more as long as there is an agent, for a process with one thread is not bound then
 * (near.h); and if it forks all the time, code is changed all the time. So it must count a part of
 * its calls, which is smaller with threads. (Not if it is to be there from the first stop on.)
 */
static void review(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    if (agent->stops < agent->term_end || tracer->options->agent_after < AGENTLEARN_SITE_STOPS)
        return;
    agentcounts_take(tracer, agent);
    const uint64_t earned = agent->counted - agent->counted_at_last;
    const bool first = !agent->term_end, rests = agent->rests;
    const unsigned least = tracee->space->references == 1 ? TERM / 4 : TERM / 16;
    agent->rests = !first && !rests && earned < least + agent->spent;
    agent->term_end = agent->stops + (agent->rests ? REST : TERM);
    agent->counted_at_last = agent->counted;
    agent->spent = 0;
    if (agent->rests)
        restore_code(tracer, tracee, agent);
    near_watch(&tracer->near, &agent->watches, !agent->rests);
}

/* Is another of its threads in execve, perhaps, and may take over the tid of this one? (Or does the
 * process end?) */
static bool is_ending(const struct process *process)
{
    return process->ender && process->references > 1;
}

/* A thread of the process is at a call. */
static void attend(struct tracer *tracer, struct tracee *tracee, struct agent *agent)
{
    struct block_table *table = agent_table(agent);

    review(tracer, tracee, agent);
    if (agent->rests || !is_eligible(tracer, tracee)) {
        table->off = 1;
        return;
    }
    if (table->off && !is_changing_map(tracer, tracee->space))
        table->off = 0;
    if (agentthreads_join(tracee, agent))
        put_patches(tracer, tracee, agent);
    else
        give_up(tracer, tracee, agent);
}

enum agents_entry agents_enter(struct tracer *tracer, struct tracee *tracee,
                               const struct syscall *call, uint64_t pc)
{
    struct address_space *space = tracee->space;

    if (!space->agent)
        space->agent = agent_create();
    struct agent *agent = space->agent;
    if (!agent || agent->state == AGENT_NEVER || call->abi != ABI_X86_64)
        return AGENTS_NOTHING;
    agent->stops++;
    if (agent->state == AGENT_PRESENT && agent->owner == tracee->process) {
        attend(tracer, tracee, agent);
        if (agent->wanted && tracee->area && agent->state == AGENT_PRESENT &&
            !is_ending(tracee->process))
            return agentinject_extend(tracer, tracee, agent);
    } else if (agent->state == AGENT_WAITING && agent->stops >= tracer->options->agent_after &&
               space->references == tracee->process->references && tracee->spawned_by == NO_STACK &&
               is_eligible(tracer, tracee) && !is_ending(tracee->process)) {
        return agentinject_begin(tracer, tracee, agent, pc);
    }
    return AGENTS_NOTHING;
}

/* ---- A call was counted ---- */

/* Does it change mappings that are the agent's, or code that it has changed? */
static bool touches_agent(const struct agent *agent, const struct ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (agent_overlaps(agent, ranges->all[i].start, ranges->all[i].size))
            return true;
    return false;
}

/* Does it change memory that decides what the agent counts? That of stacks is known anew. */
static bool touches_memory(struct agent *agent, const struct ranges *ranges)
{
    bool ret = false;

    for (size_t i = 0; i < ranges->count; i++) {
        agent_forget_bounds(agent, ranges->all[i].start, ranges->all[i].size);
        ret |= agent_reads(agent, ranges->all[i].start, ranges->all[i].size);
    }
    return ret;
}

/* Why it has stopped; and what follows from the call. */
static enum agent_stop note_call(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                                 const struct syscall *call, uint64_t pc, uint64_t sp)
{
    if (!agent)
        return AGENT_STOP_PROCESS;
    /* Areas may be left when the agent is not. */
    if (agentcalls_is_of_base(call) && !agentthreads_part(tracee, agent))
        give_up(tracer, tracee, agent);
    /* Whose agent it was has ended; who shares the memory may be about to fork. */
    if (agent->state == AGENT_NEVER && agent->in_code_count)
        restore_code(tracer, tracee, agent);
    if (agent->state == AGENT_NEVER)
        return AGENT_STOP_PROCESS;
    const struct ranges ranges = agentcalls_ranges(call);
    if (agentcalls_ends_agent(call) || touches_agent(agent, &ranges)) {
        give_up(tracer, tracee, agent);
        return AGENT_STOP_CALL;
    }
    if (agent->state == AGENT_WAITING)
        return AGENT_STOP_EARLY;
    if (agentcalls_copies_memory(call, &tracee->call.clone) ||
        meaning_closes_memory(call->meaning, call->args))
        restore_code(tracer, tracee, agent);
    bool forgets = touches_memory(agent, &ranges) || tracee->call.changing_map;
    if (forgets)
        agentlearn_forget(agent);
    if (tracee->call.changing_map)
        agent_table(agent)->off = 1;
    if (forgets)
        return AGENT_STOP_CALL;
    if (agent_table(agent)->off || agent->owner != tracee->process)
        return agent->rests ? AGENT_STOP_REST : AGENT_STOP_PROCESS;
    enum agent_stop ret = agentlearn_call(tracer, tracee, agent, call, pc, sp);
    if (ret == AGENT_STOP_OTHER && !agentthreads_has_base(tracee, agent))
        give_up(tracer, tracee, agent);
    return ret;
}

void agents_counted(struct tracer *tracer, struct tracee *tracee, const struct syscall *call,
                    uint64_t pc, uint64_t sp)
{
    enum agent_stop reason = note_call(tracer, tracee, tracee->space->agent, call, pc, sp);

    if (tracee->at_entry)
        tracer_execution(tracer)->agent_stops[reason]++;
}

/* ---- Other stops ---- */

static bool is_fault(pid_t tid, const struct stop *stop)
{
    siginfo_t info;

    return stop->kind == STOP_SIGNAL &&
           (stop->value == SIGSEGV || stop->value == SIGBUS || stop->value == SIGTRAP ||
            stop->value == SIGILL || stop->value == SIGFPE) &&
           request_send(PTRACE_GETSIGINFO, tid, 0, (uintptr_t)&info) && info.si_code > 0;
}

static void note_interrupted(struct agent *agent, uint64_t pc)
{
    for (size_t i = 0; i < agent->interrupted_count; i++)
        if (agent->interrupted[i] == pc)
            return;
    if (agent->interrupted_count == INTERRUPTED_MAX)
        agent->interrupted_anywhere = true;
    else
        agent->interrupted[agent->interrupted_count++] = pc;
}

/* The call that the agent has counted last will be counted when it is made. */
static void take_back(struct tracer *tracer, struct agent *agent, const struct block_area *area)
{
    uint64_t counter = BLOCK_STACKS;

    for (unsigned i = 0; i < agent->near_count && counter >= BLOCK_STACKS; i++)
        counter = (area->counter - (agent->near[i] + BLOCK_COUNTERS - BLOCK_CODE)) / 8;
    if (counter >= BLOCK_STACKS)
        return; /* that of calls that stop */
    if (area->generation == agent->trie.generation && counter < agent->trie.count)
        __atomic_fetch_sub(&agent->trie.counters[counter], 1, __ATOMIC_ACQ_REL);
    else
        tracer_execution(tracer)->killed++; /* where it was counted is not known any more */
}

static enum patch_place return_from(struct tracer *tracer, struct tracee *tracee,
                                    struct agent *agent, uint32_t site,
                                    struct patch_registers *registers)
{
    struct block_area *area = agent_area(agent, tracee->area);
    enum patch_place place = patch_return(&agent->patches[site], area, registers);

    if (area && place == PATCH_COUNTED)
        take_back(tracer, agent, area);
    if (area)
        area->claim = area->inside = 0;
    threadregs_write(tracee->tid, registers);
    return place;
}

static bool is_breakpoint(const struct tracee *tracee, const struct stop *stop)
{
    siginfo_t info;

    return stop->kind == STOP_SIGNAL && stop->value == SIGTRAP &&
           request_send(PTRACE_GETSIGINFO, tracee->tid, 0, (uintptr_t)&info) &&
           info.si_code == SI_KERNEL;
}

/* It was not to meet a breakpoint: if it blocks its signal, it does so again. */
static void block_traps(const struct tracee *tracee)
{
    uint64_t mask;

    if (!tracee->blocks_traps ||
        !request_send(PTRACE_GETSIGMASK, tracee->tid, sizeof(mask), (uintptr_t)&mask))
        return;
    mask |= UINT64_C(1) << (SIGTRAP - 1);
    request_send(PTRACE_SETSIGMASK, tracee->tid, sizeof(mask), (uintptr_t)&mask);
}

/* It has met a breakpoint that was there while code was changed, or was on its way to a pad. */
static bool return_to_start(const struct tracee *tracee, const struct agent *agent, bool breakpoint,
                            struct patch_registers *registers)
{
    if (!agentcode_is_between(agent, breakpoint, &registers->pc))
        return false;
    threadregs_write(tracee->tid, registers);
    if (breakpoint)
        block_traps(tracee);
    return breakpoint;
}

/*
 * The kernel wakes a thread for a signal of the process, and another may take it. The first then
 * finds none, and makes the call in which it waited again (ERESTARTSYS), which does not stop if it
 * is a stub's.
 */
static void note_repeat(struct tracer *tracer, const struct tracee *tracee, const struct stop *stop,
                        const struct agent *agent)
{
    siginfo_t info;

    if (stop->kind == STOP_SIGNAL && tracee->space->references > 1 && agent->trie.count &&
        request_send(PTRACE_GETSIGINFO, tracee->tid, 0, (uintptr_t)&info) &&
        info.si_code != SI_TKILL)
        tracer_execution(tracer)->agent_repeats++;
}

bool agents_stop(struct tracer *tracer, struct tracee *tracee, const struct stop *stop)
{
    struct agent *agent = tracee->space->agent;
    struct patch_registers registers;

    agentthreads_begin(tracee);
    if (agent)
        agentcode_disinherit(tracee, agent);
    if (!agent || !threadregs_get(tracee->tid, &registers))
        return false;
    if (return_to_start(tracee, agent, is_breakpoint(tracee, stop), &registers))
        return true;
    note_repeat(tracer, tracee, stop, agent);
    uint32_t site = agent_site_of(agent, tracee->area, registers.pc);
    if (site >= agent->patch_count) {
        if (stop->kind == STOP_SIGNAL)
            note_interrupted(agent, registers.pc);
        return false;
    }
    enum patch_place place = return_from(tracer, tracee, agent, site, &registers);
    if (place != PATCH_CALLED && is_fault(tracee->tid, stop)) {
        give_up(tracer, tracee, agent);
        return true;
    }
    if (place == PATCH_MOVED && registers.pc != agent->patches[site].start) {
        note_interrupted(agent, registers.pc); /* that patch is not put there again */
        restore_code(tracer, tracee, agent);
    }
    return false;
}

/* ---- The window ---- */

void agents_check_window(struct tracer *tracer, struct tracee *tracee)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    struct mapping m = { 0 };
    const char *text;
    char *maps;

    int found = target.find_code(target.context, WINDOW, &m);
    if (found > 0 && m.start >= WINDOW + WINDOW_SIZE)
        return;
    if (found < 0 && !target.read_maps(target.context, &maps)) {
        for (text = maps, found = 0; !found && maps_next(&text, &m) > 0;)
            found = m.executable && m.start < WINDOW + WINDOW_SIZE && m.end > WINDOW;
        free(maps);
    }
    if (found && tracee->space->agent)
        give_up(tracer, tracee, tracee->space->agent);
    for (struct tracee *t = NULL; found && (t = tracees_next(&tracer->tracees, t));)
        if (t->space == tracee->space && t->process)
            t->process->own_filter = true;
}
