/* agentcounts.c - goes through the counters, which hold what was counted since the agent is there.
 */
#include "agentcounts.h"

#include "agentstate.h"
#include "record/clock.h"
#include "diag.h"

enum { CALL_NANOSECONDS = 20 }; /* no processor makes one in less */

/* Adds calls to the run; -1: takes the last one back from where it went. */
static void take(struct tracer *tracer, const struct process *process, struct trie_counter *c,
                 int64_t calls)
{
    struct execution *execution = tracer_execution(tracer);

    if (calls > 0) {
        c->phase = process->phases.phase;
        c->paused = tracer->paused;
    }
    const struct count key = { .execution = tracer->execution,
                               .program = (uint32_t)process->program,
                               .phase = c->phase,
                               .stack = c->stack,
                               .abi = ABI_X86_64,
                               .nr = c->nr,
                               .calls = (uint64_t)calls };
    if (c->paused) {
        execution->paused += (uint64_t)calls;
    } else if (run_count(tracer->run, &key) < 0) {
        execution->lost += (uint64_t)calls;
    } else {
        execution->entries += (uint64_t)calls;
        execution->agent_calls += (uint64_t)calls;
        tracer->unwinder.hits += (uint64_t)calls;
    }
}

void agentcounts_take(struct tracer *tracer, struct agent *agent)
{
    const uint64_t now = clock_now();
    const uint64_t most = ((now - agent->taken_at) / CALL_NANOSECONDS + 1) * agent->processors;

    for (uint32_t i = 0; agent->owner && i < agent->trie.count; i++) {
        int64_t calls = trie_take(&agent->trie, i);
        if (calls < -BLOCK_THREADS || calls > (int64_t)most)
            die("process %d has changed what was counted in it", (int)agent->owner->pid);
        if (calls)
            take(tracer, agent->owner, &agent->trie.all[i], calls);
        agent->counted += (uint64_t)calls;
    }
    agent->taken_at = now;
}

void agentcounts_take_all(struct tracer *tracer)
{
    const uint64_t now = clock_now();

    for (struct tracee *t = NULL; tracer->agent && (t = tracees_next(&tracer->tracees, t));)
        if (t->process && t->space->agent && t->space->agent->taken_at < now)
            agentcounts_take(tracer, t->space->agent);
}

/* What nobody has taken over is lost, and said to be. */
static void count_lost(struct tracer *tracer, struct agent *agent)
{
    for (uint32_t i = 0; i < agent->trie.count; i++) {
        int64_t calls = trie_take(&agent->trie, i);
        tracer_execution(tracer)->lost += calls > 0 ? (uint64_t)calls : 0;
    }
}

void agentcounts_leave(struct tracer *tracer, struct tracee *tracee, bool last)
{
    struct agent *agent = tracee->process ? tracee->space->agent : NULL;

    if (!agent || !agent->memory)
        return;
    agent_free_area(agent, &tracee->area);
    if (agent->owner == tracee->process && last) {
        agentcounts_take(tracer, agent);
        /* Others may still share the memory: by vfork. */
        agent_table(agent)->off = 1;
        agent->state = AGENT_NEVER;
        agent->owner = NULL;
    }
    if (tracee->space->references > 1)
        return;
    near_watch(&tracer->near, &agent->watches, false);
    count_lost(tracer, agent);
}

bool agentcounts_may_be_ahead(const struct tracee *tracee)
{
    return tracee->area != 0;
}
