/*
 * agents.h - the engine `agent`: puts the agent into processes that make many calls, has it count
 * what it knows as well as a stop would, and takes over what it has counted. See docs/agent.md.
 *
 * A process has it only while it has one thread, and its memory is nobody else's. Before a call by
 * which that may change the code is what it was.
 */
#ifndef SYSTRACE_AGENTS_H
#define SYSTRACE_AGENTS_H

#include "agentinject.h"
#include "stop.h"
#include "tracer.h"

/* A tracee is at a call, which has not been counted. */
enum agents_entry agents_enter(struct tracer *tracer, struct tracee *tracee,
                               const struct syscall *call, uint64_t pc);

/* The call has been counted; its stack is the last that was taken. */
void agents_counted(struct tracer *tracer, struct tracee *tracee, const struct syscall *call,
                    uint64_t pc, uint64_t sp);

/* It is in another stop: makes its registers what they are without the agent. True: there would
 * have been no such stop. */
bool agents_stop(struct tracer *tracer, struct tracee *tracee, const struct stop *stop);

/* It has executed a program, or can have mapped something executable: no code of its own may be
 * where calls do not stop. */
void agents_check_window(struct tracer *tracer, struct tracee *tracee);

/* Is a call made from there not stopped by our filter? */
bool agents_is_window(uint64_t pc);

#endif
