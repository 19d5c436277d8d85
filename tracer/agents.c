/*
 * agents.c - decides which process, which thread, which site, which stack.
 *
 * Every step is taken in a stop of one thread. Others may be running meanwhile: what is changed
 * under their feet is changed by agentcode.c and trie.c, and what is not known to be simple is left
 * to stops.
 */
#include "agents.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>

#include "agentcalls.h"
#include "agentcode.h"
#include "agentcounts.h"
#include "agentplace.h"
#include "agentstate.h"
#include "agentthreads.h"
#include "diag.h"
#include "procfs.h"
#include "record/clock.h"
#include "request.h"
#include "resume.h"
#include "symbolizer/unwind/site.h"
#include "threadregs.h"
#include "view.h"

enum {
    SITE_STOPS_BEFORE = 10, /* at one site, before it is patched */
    REFRESH_EVERY = 256,    /* stops after which a stack may be looked for again */

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

/* Threads that are on their way through the stacks may still count some. */
static void forget_stacks(struct agent *agent)
{
    if (agent->memory && !agent->trie.forgotten)
        trie_forget(&agent->trie);
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

/* ---- A process gets the agent ---- */

/* (As Linux 6.6 says it, and later.) */
static bool has_shadow_stack(pid_t tid)
{
    char *status;

    if (procfs_read_text(tid, "status", &status))
        return true;
    const char *features = strstr(status, "x86_Thread_features:");
    const char *end = features ? strchr(features, '\n') : NULL;
    const char *found = features ? strstr(features, "shstk") : NULL;
    bool has = found && end && found < end;
    free(status);
    return has;
}

/* Calls that the tracee makes for us, near its pc. *done: they were made. */
static enum agents_entry
make_calls(struct tracer *tracer, struct tracee *tracee, struct agent *agent, uint64_t pc,
           bool (*make)(struct remote *, struct agent *, const char *, uint64_t), bool *done)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    struct remote remote;
    char *maps;

    *done = false;
    if (target.read_maps(target.context, &maps) < 0)
        return AGENTS_NOTHING;
    if (!remote_begin(&remote, tracee->tid)) {
        free(maps);
        return AGENTS_NOTHING;
    }
    *done = make(&remote, agent, maps, pc);
    free(maps);
    remote_end(&remote);
    tracer_execution(tracer)->agent_setup += remote.calls;
    if (remote.interrupted)
        resume_interrupt(tracee);
    if (remote.stopped)
        return remote.calls ? AGENTS_AGAIN : AGENTS_NOTHING;
    if (remote.status) {
        queue_put(&tracer->queue, (struct waited){ tracee->tid, remote.status, 0 });
        tracee->queued = true;
    }
    return AGENTS_STOPPED;
}

static enum agents_entry inject(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                                uint64_t pc)
{
    bool done;

    agent->state = AGENT_NEVER;
    if (!patch_is_possible() || has_shadow_stack(tracee->tid))
        return AGENTS_NOTHING;
    enum agents_entry ret = make_calls(tracer, tracee, agent, pc, agentplace_put, &done);
    if (done) {
        agent->state = AGENT_PRESENT;
        agent->owner = tracee->process;
        agent->taken_at = clock_now();
        near_watch(&tracer->near, &agent->watches, true);
    }
    return ret;
}

/* Sites that are out of reach are tried again, by another place. */
static enum agents_entry extend(struct tracer *tracer, struct tracee *tracee, struct agent *agent)
{
    const uint64_t wanted = agent->wanted;
    const unsigned places = agent->near_count;
    bool done;

    agent->wanted = 0;
    enum agents_entry ret = make_calls(tracer, tracee, agent, wanted, agentplace_extend, &done);
    if (!done)
        agent->near_count = places;
    agent->places_full = true;
    for (size_t i = 0; done && i < agent->site_count; i++)
        agent->sites[i].known &= agent->sites[i].form != PATCH_NO_ROOM;
    return ret;
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
    if (agent->stops < agent->term_end || tracer->options->agent_after < SITE_STOPS_BEFORE)
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
            return extend(tracer, tracee, agent);
    } else if (agent->state == AGENT_WAITING && agent->stops >= tracer->options->agent_after &&
               space->references == tracee->process->references && tracee->spawned_by == NO_STACK &&
               is_eligible(tracer, tracee) && !is_ending(tracee->process)) {
        return inject(tracer, tracee, agent, pc);
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

/* Do all frames of the stack lie in code of files? Other code may become another at any time. */
static bool is_of_files(const struct space *space, uint32_t leaf)
{
    const struct memo *memo = &space->code->memo;

    for (uint32_t i = leaf; i < MEMO_ROOT; i = memo->nodes[i].inner) {
        bool innermost = memo->nodes[i].inner >= MEMO_ROOT;
        const struct site *site = site_known(space, memo->nodes[i].address - !innermost);
        if (!site || !site->image || site->writable)
            return false;
    }
    return true;
}

/* Stacks can be added, of the code that there is now. */
static bool renew_stacks(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    struct code *code = tracee->space->space->code;

    if (agent->code != code || trie_is_full(&agent->trie))
        forget_stacks(agent);
    if (!agent->trie.forgotten)
        return true;
    if (!agentthreads_are_outside(tracer, tracee, agent))
        return false;
    agentcounts_take(tracer, agent);
    trie_renew(&agent->trie);
    code_unref(agent->code);
    agent->code = code_ref(code);
    return true;
}

/* The stack that was taken last becomes known to the agent. */
static enum agent_stop teach(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                             uint32_t site, uint32_t nr)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    const struct space *space = tracee->space->space;
    uint32_t leaf = tracer->unwinder.leaf;

    if (leaf == MEMO_NONE || tracee->call.stack < 0 || !is_of_files(space, leaf))
        return AGENT_STOP_STACK;
    if (!renew_stacks(tracer, tracee, agent))
        return AGENT_STOP_NEW;
    switch (trie_add(&agent->trie, &space->code->memo, leaf, &target, site, nr,
                     (uint32_t)tracee->call.stack)) {
    case TRIE_ADDED:
        return AGENT_STOP_NEW;
    case TRIE_KNOWN:
        return AGENT_STOP_OTHER;
    default:
        return AGENT_STOP_STACK;
    }
}

static void refresh_stack(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                          uint64_t sp)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    const struct block_area *area = agent_area(agent, tracee->area);
    char *maps;

    if ((sp >= area->stack_start && sp < area->stack_end) || agent->stops < tracee->refresh_at ||
        target.read_maps(target.context, &maps) < 0)
        return;
    tracee->refresh_at = agent->stops + REFRESH_EVERY;
    agentthreads_set_stack(tracee, agent, maps, sp);
    free(maps);
}

/* Has the agent left this one to us to see whether we come to the same? */
static bool check_claim(const struct tracee *tracee, struct agent *agent,
                        const struct syscall *call)
{
    struct block_area *area = agent_area(agent, tracee->area);
    uint32_t claim = area->claim;

    area->claim = 0;
    if (!claim || claim > agent->trie.count || area->generation != agent->trie.generation)
        return false;
    struct trie_counter *counter = &agent->trie.all[claim - 1];
    if (tracee->call.stack >= 0 &&
        (counter->nr != call->nr || counter->stack != tracee->call.stack))
        die("the agent of process %d took a stack for another", (int)tracee->tid);
    trie_skip(&agent->trie, claim - 1);
    return true;
}

/* Who does not want to wait for a process does not want to wait for a site. */
static unsigned site_stops_before(const struct tracer *tracer)
{
    unsigned after = tracer->options->agent_after;
    return after < SITE_STOPS_BEFORE ? after : SITE_STOPS_BEFORE;
}

/* Is the site patched, or can be? */
static struct agent_site *find_site(struct tracer *tracer, struct tracee *tracee,
                                    struct agent *agent, uint64_t pc)
{
    struct agent_site *site = agent_find_site(agent, pc - SYSCALL_SIZE);
    const struct site *at = site_known(tracee->space->space, pc - SYSCALL_SIZE);

    if (!site || !at || !at->image)
        return NULL;
    if (!site->known &&
        (++site->stops >= site_stops_before(tracer) || hotsites_has(&tracer->hot_sites, at))) {
        hotsites_add(&tracer->hot_sites, at);
        agentcode_decide(tracer, tracee, agent, site);
        agent->retry_at = 0;
        put_patches(tracer, tracee, agent);
    }
    return site->known && patch_has_room(site->form) ? site : NULL;
}

static enum agent_stop learn(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                             const struct syscall *call, uint64_t pc, uint64_t sp)
{
    if (!tracee->area)
        return AGENT_STOP_THREAD;
    if (check_claim(tracee, agent, call))
        return AGENT_STOP_CHECK;
    if (!agentcalls_is_countable(call))
        return AGENT_STOP_CALL;
    struct agent_site *site = find_site(tracer, tracee, agent, pc);
    if (!site || agent->state == AGENT_NEVER)
        return AGENT_STOP_SITE;
    refresh_stack(tracer, tracee, agent, sp);
    enum agent_stop ret = teach(tracer, tracee, agent, site->number, call->nr);
    if (ret == AGENT_STOP_OTHER && !agentthreads_has_base(tracee, agent))
        give_up(tracer, tracee, agent);
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
        forget_stacks(agent);
    if (tracee->call.changing_map)
        agent_table(agent)->off = 1;
    if (forgets)
        return AGENT_STOP_CALL;
    if (agent_table(agent)->off || agent->owner != tracee->process)
        return agent->rests ? AGENT_STOP_REST : AGENT_STOP_PROCESS;
    return learn(tracer, tracee, agent, call, pc, sp);
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
    const uint64_t pc = registers->pc;

    if (!agentcode_is_between(agent, breakpoint, &registers->pc))
        return false;
    threadregs_write(tracee->tid, registers);
    if (pc != registers->pc && breakpoint)
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
