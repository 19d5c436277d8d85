/* agentthreads.c - in their stops, but for agentthreads_are_outside(). */
#include "agentthreads.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "symbolizer/image/maps.h"
#include "threadregs.h"

/* May it have an area? Not if its stack is another's, or it has left its mode behind. */
static bool is_simple(const struct tracee *tracee)
{
    return tracee->spawned_by == NO_STACK && !tracee->strict;
}

bool agentthreads_join(struct tracee *tracee, struct agent *agent)
{
    uint64_t base;

    if (tracee->area || !is_simple(tracee) || !threadregs_base(tracee->tid, &base))
        return true;
    if (base)
        return false;
    tracee->area = agent_take_area(agent);
    tracee->refresh_at = 0;
    if (tracee->area && !threadregs_set_base(tracee->tid, agent_area_address(agent, tracee->area)))
        agent_free_area(agent, &tracee->area);
    return true;
}

bool agentthreads_has_base(const struct tracee *tracee, const struct agent *agent)
{
    uint64_t base;

    return !threadregs_base(tracee->tid, &base) || base == agent_area_address(agent, tracee->area);
}

bool agentthreads_part(struct tracee *tracee, struct agent *agent)
{
    const bool own = tracee->area && !agentthreads_has_base(tracee, agent);

    if (tracee->area && !own)
        threadregs_set_base(tracee->tid, 0);
    agent_free_area(agent, &tracee->area);
    return !own;
}

void agentthreads_begin(struct tracee *tracee)
{
    const uint64_t inherited = tracee->inherited_base;
    uint64_t base;

    if (inherited && threadregs_base(tracee->tid, &base) &&
        base - inherited < (uint64_t)BLOCK_THREADS * BLOCK_AREA_SIZE)
        threadregs_set_base(tracee->tid, 0);
    tracee->inherited_base = 0;
}

void agentthreads_set_stack(const struct tracee *tracee, struct agent *agent, const char *maps,
                            uint64_t sp)
{
    struct block_area *area = agent_area(agent, tracee->area);
    struct mapping m;

    while (maps_next(&maps, &m) > 0) {
        if (sp < m.start || sp >= m.end || !m.readable || !m.writable)
            continue;
        area->stack_end = m.end;
        area->stack_start = m.start;
    }
}

void agentthreads_serialize(void)
{
    syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
}

/* A thread that is in a stop of which nothing is known yet may be about to be set back. */
static bool has_unknown_stop(const struct tracer *tracer, const struct tracee *tracee)
{
    for (struct tracee *t = NULL; (t = tracees_next_beside(&tracer->tracees, tracee, t));)
        if (t->queued)
            return true;
    return false;
}

bool agentthreads_are_outside(const struct tracer *tracer, const struct tracee *tracee,
                              const struct agent *agent)
{
    if (has_unknown_stop(tracer, tracee))
        return false;
    /* Who does not say that it is inside now will find nothing. */
    agentthreads_serialize();
    for (uint32_t i = 0; i < BLOCK_THREADS; i++) {
        const struct block_area *area = agent_area(agent, i + 1);
        if (agent->threads[i] && __atomic_load_n(&area->inside, __ATOMIC_ACQUIRE))
            return false;
    }
    return true;
}
