/*
 * attach.h - makes the threads of a running process tracees.
 */
#ifndef SYSTRACE_ATTACH_H
#define SYSTRACE_ATTACH_H

#include <stdint.h>
#include <sys/types.h>
#include "tracee.h"

/*
 * Seizes all threads of the process that `pid` is, or is a thread of, with the given PTRACE_O_
 * options, among them PTRACE_O_TRACECLONE: threads that it starts meanwhile are ours too. They run
 * on; none is stopped. *ret is the new process, without a program yet, and still owned by its
 * tracees; NULL if all of it was there already. 0, or the exit status to end with, after a message.
 */
int attach_process(struct tracees *tracees, pid_t pid, uintptr_t ptrace_options,
                   struct process **ret);

#endif
