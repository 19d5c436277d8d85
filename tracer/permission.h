/*
 * permission.h - why the kernel refuses us a process, in words that say what to do.
 */
#ifndef SYSTRACE_PERMISSION_H
#define SYSTRACE_PERMISSION_H

#include <sys/types.h>
#include "reason.h"
#include "served.h"

/* PTRACE_SEIZE of our own child failed with errno `error`. */
void permission_describe_child(pid_t pid, int error, struct reason *ret);

/* PTRACE_SEIZE of a process of the same user, which is no child, failed so. */
void permission_describe_attaching(int error, struct reason *ret);

/* Tries to read memory and maps of a child that was forked and has executed nothing yet. */
void permission_try_reading(pid_t child, struct reason *ret);

/* Prints why PTRACE_SEIZE of a running process failed with errno `error`. */
void permission_explain_attach(pid_t pid, int error);

/* Prints a warning if the program that this process has just begun to execute would have privileges
 * of its file, but for being traced by an ordinary user (execve(2)). */
void permission_warn_privileges(struct served *served, pid_t tid);

#endif
