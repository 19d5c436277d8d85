/*
 * agentsum.h - with the engine agent: how many calls were counted without a stop, and why the
 * others stopped, of all runs that had it.
 */
#ifndef SYSTRACE_AGENTSUM_H
#define SYSTRACE_AGENTSUM_H

#include "record/run.h"

struct agent_sum {
    uint64_t calls;              /* of these runs, */
    uint64_t counted;            /* by the agent, */
    uint64_t stops[AGENT_STOPS]; /* and those that stopped */
    uint64_t sites[AGENT_FORMS];
    uint64_t patched, unpatched; /* sites */
};

/* False: no run had it. */
bool agent_sum(const struct run *run, struct agent_sum *ret);

/* What is said of calls that stopped for this reason, behind their number: "with a new stack". */
extern const char *const agent_sum_reasons[AGENT_STOPS];

#endif
