/*
 * family.h - who makes whom: new tracees get their place in a process and an address space, execve
 * changes it, death takes it away. The kernel reports all that in an order that must not be relied
 * on (ptrace(2)): a child may stop before its parent's event, and the parent be gone before either.
 *
 * Nothing here asks the kernel: what the event says, or /proc, is told by lineage.c, and what is
 * still to be asked is returned.
 */
#ifndef SYSTRACE_FAMILY_H
#define SYSTRACE_FAMILY_H

#include "tracer.h"

/* fork, vfork or clone has made a tracee. `exists`: it lives, or its death was not waited for yet.
 * The child, if /proc must be asked for its place, for the call of its parent is not known; NULL:
 * it has one, or is gone. */
struct tracee *family_child(struct tracer *tracer, struct tracee *parent, pid_t tid, bool exists);

/* A tracee without a place is of the process `pid`: false if that has none. Then it is found to be
 * the first of it, in this program, with an address space of its own. */
bool family_join(struct tracer *tracer, struct tracee *tracee, pid_t pid);
void family_found(struct tracer *tracer, struct tracee *tracee, pid_t pid, int64_t program);

/* May an event announce a child of this process yet, or a thread of it? So it is if one of its
 * threads is in a clone call. */
bool family_expects(const struct tracer *tracer, pid_t parent);

/* execve succeeded: a new address space, whose only thread has the tid of the leader, and was
 * `former`. The tracee that called it; NULL if it is not known. */
struct tracee *family_exec(struct tracer *tracer, pid_t tid, pid_t former);

/* A tracee, or a child of ours that is none (NULL), has ended. */
void family_death(struct tracer *tracer, struct tracee *tracee, pid_t tid, int status);

/* A tracee is none any more, be it that it lives. */
void family_forget(struct tracer *tracer, struct tracee *tracee);

/* A stop of a tracee that no parent has announced yet: it waits for that, stopped. */
void family_hold(struct tracer *tracer, struct tracee *tracee, pid_t tid, int status);

#endif
