/* agentcounts.c - goes through the counters, which hold what was counted since the agent is there.
 */
#include "agentcounts.h"

#include "agentstate.h"

static void take(struct tracer *tracer, const struct process *process, const struct trie_counter *c,
                 uint64_t calls)
{
    struct execution *execution = tracer_execution(tracer);
    const struct count key = { .execution = tracer->execution,
                               .program = (uint32_t)process->program,
                               .phase = process->phases.phase,
                               .stack = c->stack,
                               .abi = ABI_X86_64,
                               .nr = c->nr,
                               .calls = calls };

    if (run_count(tracer->run, &key) < 0) {
        execution->lost += calls;
        return;
    }
    execution->entries += calls;
    execution->agent_calls += calls;
    tracer->unwinder.hits += calls;
}

void agentcounts_take(struct tracer *tracer, const struct process *process, struct agent *agent)
{
    for (uint32_t i = 0; agent->memory && i < agent->trie.count; i++) {
        uint64_t calls = trie_take(&agent->trie, i);
        if (calls)
            take(tracer, process, &agent->trie.all[i], calls);
    }
}

void agentcounts_take_all(struct tracer *tracer)
{
    for (struct tracee *t = NULL; tracer->agent && (t = tracees_next(&tracer->tracees, t));)
        if (t->process && t->space->agent)
            agentcounts_take(tracer, t->process, t->space->agent);
}

void agentcounts_leave(struct tracer *tracer, struct tracee *tracee)
{
    struct agent *agent = tracee->process ? tracee->space->agent : NULL;

    if (!agent)
        return;
    agentcounts_take(tracer, tracee->process, agent);
    if (tracee->space->references == 1)
        near_watch(&tracer->near, &agent->watches, false);
}

bool agentcounts_may_be_ahead(const struct tracee *tracee)
{
    return tracee->space && tracee->space->agent && tracee->space->agent->patched;
}
