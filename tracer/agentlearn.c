/* agentlearn.c - by the memo of the walk, and by how often a site has stopped. */
#include "agentlearn.h"

#include <stdlib.h>

#include "agentcalls.h"
#include "agentcode.h"
#include "agentcounts.h"
#include "agentthreads.h"
#include "diag.h"
#include "symbolizer/unwind/site.h"
#include "view.h"

enum { REFRESH_EVERY = 256 }; /* stops after which a stack may be looked for again */

void agentlearn_forget(struct agent *agent)
{
    if (agent->memory && !agent->trie.forgotten)
        trie_forget(&agent->trie);
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
        agentlearn_forget(agent);
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
    return after < AGENTLEARN_SITE_STOPS ? after : AGENTLEARN_SITE_STOPS;
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
        agent->retry_at = 0; /* at the next stop */
    }
    return site->known && patch_has_room(site->form) ? site : NULL;
}

enum agent_stop agentlearn_call(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                                const struct syscall *call, uint64_t pc, uint64_t sp)
{
    if (!tracee->area)
        return AGENT_STOP_THREAD;
    if (check_claim(tracee, agent, call))
        return AGENT_STOP_CHECK;
    if (!agentcalls_is_countable(call))
        return AGENT_STOP_CALL;
    struct agent_site *site = find_site(tracer, tracee, agent, pc);
    if (!site)
        return AGENT_STOP_SITE;
    refresh_stack(tracer, tracee, agent, sp);
    return teach(tracer, tracee, agent, site->number, call->nr);
}
