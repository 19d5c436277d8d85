/*
 * entry.h - what is observed of entries into the kernel, and of exits where they matter: which
 * call, with which stack. What follows from it is effects.h.
 */
#ifndef SYSTRACE_ENTRY_H
#define SYSTRACE_ENTRY_H

#include "tracer.h"

/* At a stop by a filter (STOP_SECCOMP), or by PTRACE_SYSCALL (STOP_SYSCALL). False: the stop cannot
 * be handled before a child that reads a file for us has ended (served.h). */
bool entry_stop(struct tracer *tracer, struct tracee *tracee);

/* Adds one call of the process, in the phase that it is in, to the run; its count, or negative:
 * there was no memory to record it. */
int64_t entry_add(struct tracer *tracer, const struct process *process, int64_t stack, enum abi abi,
                  uint32_t nr);

#endif
