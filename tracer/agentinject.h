/*
 * agentinject.h - has a process get the agent, at the stop of a call that one of its threads is
 * about to make.
 */
#ifndef SYSTRACE_AGENTINJECT_H
#define SYSTRACE_AGENTINJECT_H

#include "agentstate.h"
#include "tracer.h"

/* What becomes of the stop. */
enum agents_entry {
    AGENTS_NOTHING,
    AGENTS_AGAIN,   /* this stop is void: the tracee is to go on, and will be in the same again */
    AGENTS_STOPPED, /* it is in another, which is in the queue; or gone */
};

/* Near this pc, where the call is. If it cannot have it, it never will. */
enum agents_entry agentinject_begin(struct tracer *tracer, struct tracee *tracee,
                                    struct agent *agent, uint64_t pc);

/* Once more, near what is wanted: sites that were out of reach are tried again then. */
enum agents_entry agentinject_extend(struct tracer *tracer, struct tracee *tracee,
                                     struct agent *agent);

#endif
