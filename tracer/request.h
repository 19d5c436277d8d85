/*
 * request.h - what we ask of ptrace(2) for a stopped tracee fails in one of two ways. The tracee
 * may be gone: SIGKILL and execve end a stop at any time. Anything else leaves us with a tracee
 * that we know too little of, or that stays stopped for good: then there is no going on.
 */
#ifndef SYSTRACE_REQUEST_H
#define SYSTRACE_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>

/* Sends a request. False: the tracee is gone, of which there is or will be something to wait for.
 */
bool request_send(int request, pid_t tid, uintptr_t address, uintptr_t data);

/* What the kernel says of the stop. False: the tracee is gone. */
bool request_syscall_info(pid_t tid, struct __ptrace_syscall_info *ret);

/* For a request that failed with this errno: returns if the tracee is gone. */
void request_failed(pid_t tid, int error);

#endif
