/*
 * agents.c - decides which process, which site, which stack.
 *
 * Every step is taken in a stop of the one thread there is, so nothing is changed under its feet;
 * and what is not known to be simple is left to stops.
 */
#include "agents.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "agent/inside.h"
#include "agentcounts.h"
#include "agentplace.h"
#include "agentstate.h"
#include "record/clock.h"
#include "diag.h"
#include "procfs.h"
#include "request.h"
#include "symbolizer/unwind/jumps.h"
#include "symbolizer/unwind/site.h"
#include "threadregs.h"
#include "view.h"

enum {
    SITE_STOPS_BEFORE = 10,       /* at one site, before it is patched */
    REFRESH_EVERY = 256,          /* stops after which the stack may be looked for again */
    FUNCTION_MAX = 1 << 16,       /* bytes of code that are decoded */
    LAST_KNOWN = SYS_futex_waitv, /* of the calls of which it is known what they do */
};

bool agents_is_window(uint64_t pc)
{
    return pc - WINDOW < WINDOW_SIZE;
}

/* Is the process as simple as it must be? */
static bool is_eligible(const struct tracer *tracer, const struct tracee *tracee)
{
    const struct process *process = tracee->process;
    const struct address_space *space = tracee->space;

    return process->references == 1 && space->references == 1 && !process->own_filter &&
           !process->installers && process->program >= 0 && !space->userfaults &&
           !space->served_count && tracee->spawned_by == NO_STACK && !tracee->strict &&
           !phase_rules_wait(&tracer->options->phases, &process->phases);
}

static void forget_stacks(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    agentcounts_take(tracer, tracee->process, agent);
    if (!agent->memory)
        return;
    trie_clear(&agent->trie);
    agent_table(agent)->stack_start = UINT64_MAX;
    agent->refresh_at = 0;
}

/* ---- The code of sites ---- */

/* May it go on between two instructions that are to be moved? */
static bool was_interrupted(const struct agent *agent, const struct patch *patch)
{
    for (size_t i = 0; !patch->single && i < agent->interrupted_count; i++)
        if (agent->interrupted[i] > patch->start && agent->interrupted[i] < patch->address)
            return true;
    return !patch->single && agent->interrupted_anywhere;
}

static void put_patch(const struct tracee *tracee, struct agent *agent, const struct patch *patch)
{
    uint8_t now[PATCH_MOVED_MAX], jump[PATCH_SIZE];

    if (was_interrupted(agent, patch) ||
        !remote_read(tracee->tid, patch->start, now, patch->address - patch->start) ||
        memcmp(now, patch->moved, patch->address - patch->start) || !patch_jump(patch, jump) ||
        !remote_write(tracee->tid, patch->start, jump, PATCH_SIZE))
        agent->state = AGENT_NEVER;
}

static void withdraw(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    agentcounts_take(tracer, tracee->process, agent);
    for (uint32_t i = 0; agent->patched && i < agent->patch_count; i++) {
        const struct patch *p = &agent->patches[i];
        uint8_t now;
        if (remote_read(tracee->tid, p->start, &now, 1) && now != p->moved[0] &&
            !remote_write(tracee->tid, p->start, p->moved, PATCH_SIZE))
            request_failed(tracee->tid, ESRCH); /* nothing else can be wrong there */
    }
    agent->patched = false;
    near_watch(&tracer->near, &agent->watches, false);
}

/* For good. */
static void give_up(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    withdraw(tracer, tracee, agent);
    agent->state = AGENT_NEVER;
}

static void put_patches(struct tracer *tracer, const struct tracee *tracee, struct agent *agent)
{
    agent->patched = true;
    agent->taken_at = clock_now();
    near_watch(&tracer->near, &agent->watches, true);
    for (uint32_t i = 0; i < agent->patch_count && agent->state == AGENT_PRESENT; i++)
        put_patch(tracee, agent, &agent->patches[i]);
    if (agent->state == AGENT_NEVER)
        withdraw(tracer, tracee, agent);
}

/* The bytes of the function around a site, as they are without the agent, for the caller to free;
 * NULL: they are not of the kind that is patched. */
static uint8_t *read_function(const struct target *target, const struct site *site)
{
    if (!site || !site->image || site->writable || site->cfi != SITE_COVERED || !site->start ||
        site->end - site->start > FUNCTION_MAX || *site->image->module.name == '[')
        return NULL;
    uint8_t *code = malloc(site->end - site->start);
    if (code && target_read_all(target, site->start, code, site->end - site->start)) {
        free(code);
        return NULL;
    }
    return code;
}

/* Adds the patch of a site that has a form. False: there is no room for it, or none in reach. */
static bool add_patch(struct agent *agent, struct agent_site *site, const uint8_t *moved,
                      size_t size)
{
    size_t code_size, find;
    struct patch *patch = &agent->patches[agent->patch_count];
    uint8_t jump[PATCH_SIZE];

    if (agent->patch_count == BLOCK_SITES)
        return false;
    inside_code(&code_size, &find);
    *patch = (struct patch){ .address = site->address,
                             .start = site->address - size,
                             .single = site->form == PATCH_ONE };
    memcpy(patch->moved, moved, size);
    patch_set_places(patch, agent->patch_count, agent->near);
    if (was_interrupted(agent, patch) || !patch_jump(patch, jump) ||
        !patch_make(patch, agent->patch_count, agent->near, agent->near + find,
                    agent->memory + BLOCK_CODE + (patch->pad - agent->near),
                    agent->memory + BLOCK_STUBS + (patch->stub - WINDOW)))
        return false;
    agent_table(agent)->sites[agent->patch_count] =
        (struct block_site){ .slow = patch->address, .fast = patch->stub };
    site->number = agent->patch_count++;
    return true;
}

/* Is it sure that no code of the image jumps to one of (start, end), of which one instruction has
 * none inside that could be meant? */
static bool is_closed(const struct site *at, uint64_t start, uint64_t end)
{
    for (uint64_t i = start + 1; i < end; i++)
        if (jumps_lead_to(at->image, i - at->bias))
            return false;
    return true;
}

/* Decides what becomes of a site. */
static void decide(const struct tracee *tracee, const struct target *target, struct agent *agent,
                   struct agent_site *site)
{
    const struct site *at = site_known(tracee->space->space, site->address);
    uint8_t *code = read_function(target, at);
    size_t start;

    site->known = true;
    site->form = PATCH_NO_CALL;
    if (code)
        site->form = patch_find(code, at->end - at->start, site->address - at->start, &start);
    const bool has_form = site->form == PATCH_ONE || site->form == PATCH_FEW;
    if (site->form == PATCH_FEW && !is_closed(at, at->start + start, site->address))
        site->form = PATCH_JUMPED_INTO;
    else if (has_form && !add_patch(agent, site, code + start, site->address - at->start - start))
        site->form = PATCH_NO_CALL;
    else if (has_form)
        put_patch(tracee, agent, &agent->patches[site->number]);
    site->patched = has_form && site->form <= PATCH_FEW;
    free(code);
}

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

static enum agents_entry inject(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                                uint64_t pc)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    struct remote remote;
    char *maps;

    agent->state = AGENT_NEVER;
    if (has_shadow_stack(tracee->tid) || target.read_maps(target.context, &maps) < 0)
        return AGENTS_NOTHING;
    if (!remote_begin(&remote, tracee->tid)) {
        free(maps);
        return AGENTS_NOTHING;
    }
    if (agentplace_put(&remote, agent, maps, pc))
        agent->state = AGENT_PRESENT;
    free(maps);
    remote_end(&remote);
    tracer_execution(tracer)->agent_setup += remote.calls;
    if (remote.stopped)
        return remote.calls ? AGENTS_AGAIN : AGENTS_NOTHING;
    if (remote.status) {
        queue_put(&tracer->queue, (struct waited){ tracee->tid, remote.status, 0 });
        tracee->queued = true;
    }
    return AGENTS_STOPPED;
}

enum agents_entry agents_enter(struct tracer *tracer, struct tracee *tracee,
                               const struct syscall *call, uint64_t pc)
{
    struct address_space *space = tracee->space;

    if (!space->agent)
        space->agent = agent_create();
    struct agent *agent = space->agent;
    if (!agent || agent->state == AGENT_NEVER || call->abi != ABI_X86_64 ||
        !is_eligible(tracer, tracee))
        return AGENTS_NOTHING;
    agent->stops++;
    if (agent->state == AGENT_WAITING && agent->stops >= tracer->options->agent_after)
        return inject(tracer, tracee, agent, pc);
    if (agent->state == AGENT_PRESENT && !agent->patched)
        put_patches(tracer, tracee, agent);
    return AGENTS_NOTHING;
}

/* ---- Calls that matter ---- */

/* May what the call does end the simplicity of the process, or our right to write to it? */
static bool ends_simplicity(const struct syscall *call)
{
    switch (call->meaning) {
    case CALL_CLONE:
    case CALL_CLONE3:
    case CALL_VFORK:
    case CALL_FORK:
        return true;
    default:
        return meaning_closes_memory(call->meaning, call->args);
    }
}

/* Is it one behind which there is no agent any more? What io_uring interrupts is made again without
 * a stop; by shadow stacks nobody could leave inside_find() but by its return; and a process may
 * have its calls sent back to it, by where they are made. */
static bool ends_agent(const struct syscall *call)
{
    enum { SHADOW_STACKS = 0x5001 }; /* and higher: arch_prctl's numbers for these */
    uint64_t flags;

    return meaning_installs_filter(call->meaning, call->args, &flags) ||
           meaning_makes_userfaultfd(call->meaning, call->args) || call->abi != ABI_X86_64 ||
           (call->meaning == CALL_SHMAT && (call->args[1] || call->args[2] & SHM_EXEC)) ||
           call->nr == SYS_io_uring_setup || call->nr == SYS_personality ||
           (call->nr == SYS_arch_prctl && call->args[0] >= SHADOW_STACKS) ||
           (call->meaning == CALL_PRCTL && call->args[0] == PR_SET_SYSCALL_USER_DISPATCH);
}

/* Memory whose mapping a call may change, or take away, besides what it maps anew. */
struct ranges {
    struct {
        uint64_t start, size;
    } all[2];
    size_t count;
};

static struct ranges changed_ranges(const struct syscall *call)
{
    const uint64_t *args = call->args;

    switch (call->meaning) {
    case CALL_MMAP:
    case CALL_MPROTECT:
    case CALL_MUNMAP:
        return (struct ranges){ { { args[0], args[1] } }, 1 };
    case CALL_MREMAP: /* (of shared memory it makes a copy, if the size is 0) */
        return (struct ranges){ { { args[0], args[1] + 1 }, { args[4], args[2] } }, 2 };
    default:
        return (struct ranges){ .count = 0 };
    }
}

/* Does it change mappings that are the agent's, or code that it has changed? */
static bool touches_agent(const struct agent *agent, const struct ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (agent_overlaps(agent, ranges->all[i].start, ranges->all[i].size))
            return true;
    return false;
}

/* Does it change memory that the agent reads? */
static bool touches_memory(const struct agent *agent, const struct ranges *ranges)
{
    for (size_t i = 0; i < ranges->count; i++)
        if (agent_reads(agent, ranges->all[i].start, ranges->all[i].size))
            return true;
    return false;
}

/* Is it a call of which no more need be known than that it is made? */
static bool is_for_agent(const struct syscall *call)
{
    if (call->abi != ABI_X86_64 || (call->meaning != CALL_OTHER && call->meaning != CALL_READ &&
                                    call->meaning != CALL_AFFINITY && call->meaning != CALL_IOCTL))
        return false;
    switch (call->nr) {
    case SYS_rt_sigreturn:
    case SYS_restart_syscall:
    case SYS_arch_prctl:
    case SYS_ptrace:
    case SYS_process_vm_writev:
    case SYS_unshare:
    case SYS_setns:
    case SYS_io_uring_enter:
        return false;
    default:
        return call->nr <= LAST_KNOWN;
    }
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

/* The stack that was taken last becomes known to the agent. */
static void teach(struct tracer *tracer, const struct tracee *tracee, const struct target *target,
                  struct agent *agent, uint32_t site, uint32_t nr)
{
    const struct space *space = tracee->space->space;
    uint32_t leaf = tracer->unwinder.leaf;

    if (leaf == MEMO_NONE || tracee->call.stack < 0 || !is_of_files(space, leaf))
        return;
    if (agent->code != space->code || trie_is_full(&agent->trie)) {
        forget_stacks(tracer, tracee, agent);
        code_unref(agent->code);
        agent->code = code_ref(space->code);
    }
    trie_add(&agent->trie, &space->code->memo, leaf, target, site, nr,
             (uint32_t)tracee->call.stack);
}

static void refresh_stack(const struct target *target, struct agent *agent, uint64_t sp)
{
    struct block_table *table = agent_table(agent);
    char *maps;

    if ((sp >= table->stack_start && sp < table->stack_end) || agent->stops < agent->refresh_at ||
        target->read_maps(target->context, &maps) < 0)
        return;
    agent->refresh_at = agent->stops + REFRESH_EVERY;
    if (!agentplace_find_stack(maps, sp, table))
        table->stack_start = UINT64_MAX;
    free(maps);
}

/* The agent has left this one to us to see whether we come to the same. */
static void check_claim(struct tracer *tracer, const struct tracee *tracee, struct agent *agent,
                        const struct syscall *call)
{
    struct block_area *area = agent_area(agent);
    uint64_t claim = area->claim;

    area->claim = 0;
    if (!claim || claim > agent->trie.count)
        return;
    struct trie_counter *counter = &agent->trie.all[claim - 1];
    if (tracee->call.stack >= 0 &&
        (counter->nr != call->nr || counter->stack != tracee->call.stack))
        die("the agent of process %d took a stack for another", (int)tracee->tid);
    agentcounts_take(tracer, tracee->process, agent);
    agent->trie.counters[claim - 1]++;
    counter->taken++;
}

/* Who does not want to wait for a process does not want to wait for a site. */
static unsigned site_stops_before(const struct tracer *tracer)
{
    unsigned after = tracer->options->agent_after;
    return after < SITE_STOPS_BEFORE ? after : SITE_STOPS_BEFORE;
}

static void learn(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                  const struct syscall *call, uint64_t pc, uint64_t sp)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    struct agent_site *site = agent_find_site(agent, pc - SYSCALL_SIZE);

    check_claim(tracer, tracee, agent, call);
    if (!site || !is_for_agent(call))
        return;
    if (++site->stops >= site_stops_before(tracer) && !site->known)
        decide(tracee, &target, agent, site);
    if (agent->state == AGENT_NEVER)
        withdraw(tracer, tracee, agent);
    if (!site->known || !site->patched)
        return;
    refresh_stack(&target, agent, sp);
    teach(tracer, tracee, &target, agent, site->number, call->nr);
}

void agents_counted(struct tracer *tracer, struct tracee *tracee, const struct syscall *call,
                    uint64_t pc, uint64_t sp)
{
    struct agent *agent = tracee->space->agent;

    if (!agent || agent->state == AGENT_NEVER)
        return;
    const struct ranges ranges = changed_ranges(call);
    if (ends_agent(call) || touches_agent(agent, &ranges)) {
        give_up(tracer, tracee, agent);
        return;
    }
    if (ends_simplicity(call))
        withdraw(tracer, tracee, agent);
    if (tracee->call.changing_map || touches_memory(agent, &ranges))
        forget_stacks(tracer, tracee, agent);
    else if (agent->patched)
        learn(tracer, tracee, agent, call, pc, sp);
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
static void take_back(struct agent *agent)
{
    const uint64_t first =
        agent->near + (BLOCK_AREA - BLOCK_CODE) + offsetof(struct block_area, counters);
    uint64_t counter = (agent_area(agent)->counter - first) / 8;

    if (counter < agent->trie.count)
        agent->trie.counters[counter]--;
}

static enum patch_place return_from(struct agent *agent, uint32_t site, pid_t tid,
                                    struct patch_registers *registers)
{
    enum patch_place place = patch_return(&agent->patches[site], agent_area(agent), registers);

    if (place == PATCH_COUNTED)
        take_back(agent);
    agent_area(agent)->claim = 0;
    threadregs_write(tid, registers);
    return place;
}

bool agents_stop(struct tracer *tracer, struct tracee *tracee, const struct stop *stop)
{
    struct agent *agent = tracee->space->agent;
    struct patch_registers registers;

    if (!agent || !threadregs_get(tracee->tid, &registers))
        return false;
    uint32_t site =
        agent->memory ? patch_site(agent_area(agent), agent->near, registers.pc) : BLOCK_SITES;
    if (site >= agent->patch_count) {
        if (stop->kind == STOP_SIGNAL)
            note_interrupted(agent, registers.pc);
        return false;
    }
    enum patch_place place = return_from(agent, site, tracee->tid, &registers);
    bool between = place == PATCH_MOVED && registers.pc != agent->patches[site].start;
    bool fault = place != PATCH_CALLED && is_fault(tracee->tid, stop);
    if (between || fault)
        give_up(tracer, tracee, agent);
    return fault;
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
