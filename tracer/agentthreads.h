/*
 * agentthreads.h - gives threads their areas. A thread finds its own by the base of its %gs, which
 * must be 0 before that: one that uses it itself has no agent, and then neither has its process.
 */
#ifndef SYSTRACE_AGENTTHREADS_H
#define SYSTRACE_AGENTTHREADS_H

#include "tracer.h"
#include "agentstate.h"

/* In a stop of a thread of the agent's process: gives it an area, if there is one. False: it has
 * another base. */
bool agentthreads_join(struct tracee *tracee, struct agent *agent);

/* The same, if it has one already: is its base what it is to be? */
bool agentthreads_has_base(const struct tracee *tracee, const struct agent *agent);

/* It has none from now on, and no base. False: it has one of its own, which stays. */
bool agentthreads_part(struct tracee *tracee, struct agent *agent);

/* In the first stop of a thread: it has none, though its base may be that of who made it. */
void agentthreads_begin(struct tracee *tracee);

/* Where the stack of a thread is that has one, by the text of the map. */
void agentthreads_set_stack(const struct tracee *tracee, struct agent *agent, const char *maps,
                            uint64_t sp);

/* All processors that run a thread of a process with the agent have an interrupt: what they had of
 * its code is gone, and what a thread has written is to be seen. */
void agentthreads_serialize(void);

/* Can none of the threads be reading the table, or about to count what it has found there, though
 * nothing leads to stacks any more? */
bool agentthreads_are_outside(const struct tracer *tracer, const struct tracee *tracee,
                              const struct agent *agent);

#endif
