/*
 * lineage.h - asks the kernel whose child a tracee is, and which program it runs, and has family.h
 * decide.
 */
#ifndef SYSTRACE_LINEAGE_H
#define SYSTRACE_LINEAGE_H

#include "tracer.h"

/* At PTRACE_EVENT_FORK, _VFORK or _CLONE. */
void lineage_child(struct tracer *tracer, struct tracee *parent, int event);

/* At PTRACE_EVENT_EXEC: a new program. The tracee that called execve; NULL if it is not known. */
struct tracee *lineage_exec(struct tracer *tracer, pid_t tid);

/* Those whose parents died before their events could be seen get their places. After all that was
 * waited for is handled: an event may have been among that. */
void lineage_adopt_orphans(struct tracer *tracer);

#endif
