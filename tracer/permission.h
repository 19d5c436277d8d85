/*
 * permission.h - why the kernel refuses us a process, in words that say what to do.
 */
#ifndef SYSTRACE_PERMISSION_H
#define SYSTRACE_PERMISSION_H

#include <sys/types.h>
#include "served.h"

/* Prints why PTRACE_SEIZE of our own child failed with errno `error`. */
void permission_explain_child(pid_t pid, int error);

/* Prints why PTRACE_SEIZE of a running process failed with errno `error`. */
void permission_explain_attach(pid_t pid, int error);

/* Prints a warning if the program that this process has just begun to execute would have privileges
 * of its file, but for being traced by an ordinary user (execve(2)). */
void permission_warn_privileges(struct served *served, pid_t tid);

#endif
