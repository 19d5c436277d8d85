/*
 * agentlearn.h - teaches the agent of a process what stops have found: which sites are hot, and
 * which stacks there are.
 */
#ifndef SYSTRACE_AGENTLEARN_H
#define SYSTRACE_AGENTLEARN_H

#include "tracer.h"
#include "agentstate.h"

enum { AGENTLEARN_SITE_STOPS = 10 }; /* at one site, before it is patched */

/* A call of a thread of its process has been counted at a stop; its stack is the last that was
 * taken. Why it has stopped. */
enum agent_stop agentlearn_call(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                                const struct syscall *call, uint64_t pc, uint64_t sp);

/* Forgets all stacks. Threads that are on their way through them may still count some. */
void agentlearn_forget(struct agent *agent);

#endif
