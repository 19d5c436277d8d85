/*
 * agentcounts.h - takes over what agents have counted, as if each call had been a stop.
 */
#ifndef SYSTRACE_AGENTCOUNTS_H
#define SYSTRACE_AGENTCOUNTS_H

#include "tracer.h"

/* For the process whose agent it is. */
void agentcounts_take(struct tracer *tracer, struct agent *agent);

/* The tracee leaves its address space, or has died. `last`: no thread of its process is there any
 * more. */
void agentcounts_leave(struct tracer *tracer, struct tracee *tracee, bool last);

/* Takes over what has been counted so far. */
void agentcounts_take_all(struct tracer *tracer);

/* May the agent of a tracee that has been killed have counted a call which the kernel has not seen?
 */
bool agentcounts_may_be_ahead(const struct tracee *tracee);

#endif
