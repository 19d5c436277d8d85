/*
 * family.h - who makes whom: new tracees get their place in a process and an address space, execve
 * changes it, death takes it away. The kernel reports all that in an order that must not be relied
 * on: a child may stop before its parent's event, and the parent be gone before either.
 */
#ifndef SYSTRACE_FAMILY_H
#define SYSTRACE_FAMILY_H

#include "tracer.h"

/* fork, vfork or clone has made a tracee: PTRACE_EVENT_FORK, _VFORK or _CLONE. */
void family_child(struct tracer *tracer, struct tracee *parent, int event);

/* execve succeeded: a new program in a new address space, whose only thread has the tid of the
 * leader. The tracee that called it; NULL if it is not known. */
struct tracee *family_exec(struct tracer *tracer, pid_t tid);

/* A tracee, or a child of ours that is none (NULL), has ended. */
void family_death(struct tracer *tracer, struct tracee *tracee, pid_t tid, int status);

/* A tracee is none any more, though it lives. */
void family_let_go(struct tracer *tracer, struct tracee *tracee);

/* A stop of a tracee that no parent has announced yet: it waits for that, stopped. */
void family_hold(struct tracer *tracer, struct tracee *tracee, pid_t tid, int status);

/* Those whose parents died before their events could be seen get their places. After all that was
 * waited for is handled: an event may have been among that. */
void family_adopt_orphans(struct tracer *tracer);

#endif
