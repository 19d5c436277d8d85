/* clang-format off */
/*
 * effects.h - what follows from a call: what it does to that which the tracer knows, and what it
 * must not notice of the tracer. entry.c has observed and counted it before; who observes by other
 * means, or refuses calls by a rule, comes between the two. The effects, and whose word they are:
 *
 *   the map of executable memory     mmap(2), mprotect(2), munmap(2), mremap(2), shmat(2): known from the
 *     changes                        entry on, for other threads may see it that early
 *   a file is mapped that a process  mmap(2), mremap(2); served.h
 *     serves
 *   a tracee is made                 clone(2); kernel_clone() in kernel/fork.c: CLONE_UNTRACED would hide
 *                                    it, and is taken away for the time of the call
 *   the program may serve memory     userfaultfd(2)
 *   its memory may be closed to us   PR_SET_DUMPABLE in prctl(2); setuid(2) and its kin, by commit_creds()
 *                                    in kernel/cred.c; ptrace(2), "Ptrace access mode checking"
 *   a seccomp filter of its own      seccomp(2): it may deny calls before ours sees them; with
 *                                    SECCOMP_FILTER_FLAG_TSYNC those of all threads
 *   seccomp's strict mode            seccomp(2); not for a thread with a filter, which ours is too
 *                                    (seccomp_may_assign_mode() in kernel/seccomp.c): we do as if
 *   the seccomp mode is asked for    PR_GET_SECCOMP in prctl(2): the answer becomes that without us
 *   the thread or its process ends   _exit(2), exit_group(2), execve(2): by itself, and not killed
 *   a signal in another's name       rt_sigqueueinfo(2): the siginfo is the caller's
 *   an affinity is told or passed on sched_setaffinity(2), fork(2), proc(5); near.h
 */
/* clang-format on */
#ifndef SYSTRACE_EFFECTS_H
#define SYSTRACE_EFFECTS_H

#include <sys/ptrace.h>
#include "tracer.h"

/* At the entry of a call. */
void effects_begin(struct tracer *tracer, struct tracee *tracee, const struct syscall *call);

/* At its exit, which resume_tracee asks for if there is anything to do. *info becomes what the call
 * returns without us. */
void effects_end(struct tracee *tracee, struct __ptrace_syscall_info *info);

/* Puts back what was changed of a clone call, here or in the child that it made. */
void effects_restore(struct tracee *tracee);

#endif
