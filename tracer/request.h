/*
 * request.h - what we ask of ptrace(2) for a stopped tracee, or a wait for it, fails in one of two
 * ways. The tracee may be gone: SIGKILL and execve end a stop at any time. Anything else leaves us
 * with a tracee that we know too little of, or that stays stopped for good: then there is no going
 * on.
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

/* Blocks until the tracee, which was resumed, stops again or ends. False: there is nothing to wait
 * for, for it is none any more. */
bool request_wait(pid_t tid, int *status);

/* For a wait that failed with this errno: returns if this is no tracee of ours any more. */
void request_wait_failed(pid_t tid, int error);

#endif
