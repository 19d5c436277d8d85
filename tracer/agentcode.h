/*
 * agentcode.h - the changes of a process's code: which sites have a patch, and when it is there.
 */
#ifndef SYSTRACE_AGENTCODE_H
#define SYSTRACE_AGENTCODE_H

#include "tracer.h"
#include "agentstate.h"

/* Decides what becomes of a site; its patch is not in the code yet. */
void agentcode_decide(struct tracer *tracer, struct tracee *tracee, struct agent *agent,
                      struct agent_site *site);

/*
 * Puts those patches in the code that are not there, at a stop of one of its threads. Some may have
 * to wait for another time. False: the code is not what it was, or is out of reach.
 */
bool agentcode_put(struct tracer *tracer, const struct tracee *tracee, struct agent *agent);

/* Makes the code what it is without the agent. */
void agentcode_restore(struct tracer *tracer, const struct tracee *tracee, struct agent *agent);

/* In the first stop of a forked process: makes what it has inherited of changes what it was. */
void agentcode_disinherit(const struct tracee *tracee, struct agent *agent);

/*
 * Is a thread with this pc, in a stop, on its way from a site to its pad? Then the pc is made that
 * of the site's start. `trapped`: it has met a breakpoint, as there are while code is written.
 */
bool agentcode_is_between(const struct agent *agent, bool trapped, uint64_t *pc);

#endif
