/*
 * agentinject.h - has a process get the agent, at the stop of a call that one of its threads is
 * about to make.
 */
#ifndef SYSTRACE_AGENTINJECT_H
#define SYSTRACE_AGENTINJECT_H

#include "agents.h"
#include "agentstate.h"

/* Near this pc, where the call is. If it cannot have it, it never will. */
enum agents_entry agentinject_begin(struct tracer *tracer, struct tracee *tracee,
                                    struct agent *agent, uint64_t pc);

/* Once more, near what is wanted: sites that were out of reach are tried again then. */
enum agents_entry agentinject_extend(struct tracer *tracer, struct tracee *tracee,
                                     struct agent *agent);

#endif
