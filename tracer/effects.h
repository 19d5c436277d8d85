/*
 * effects.h - what follows from a call: what it does to that which the tracer knows, and what it
 * must not notice of the tracer. entry.c has observed and counted it before; who observes by other
 * means, or refuses calls by a rule, comes between the two. meaning -> effect, and whose word it
 * is:
 *
 *   the map of executable memory changes    mmap(2), mprotect(2), mremap(2), shmat(2) ...: known
 * from the entry on, for other threads may see it that early a file is mapped that a process serves
 * served.h; mmap(2), mremap(2) a tracee is made                        clone(2), and in
 * kernel/fork.c, kernel_clone(): CLONE_UNTRACED hides it from ptrace, and so is put off memory may
 * be served by the program     userfaultfd(2) memory may be closed to us PR_SET_DUMPABLE in
 * prctl(2); credentials(7), by commit_creds() in kernel/cred.c; ptrace(2), "Ptrace access mode
 * checking" a seccomp filter of its own             seccomp(2): it may deny calls before ours sees
 * them; with SECCOMP_FILTER_FLAG_TSYNC those of all threads strict mode seccomp(2); not for a
 * thread with a filter, as ours (seccomp_may_assign_mode() in kernel/seccomp.c): feigned the
 * seccomp mode is asked for           PR_GET_SECCOMP in prctl(2): the answer is as without us the
 * thread, or its process, ends        exit(2), exit_group(2), execve(2): by itself, not killed a
 * signal in another's name              rt_sigqueueinfo(2): siginfo is the caller's an affinity is
 * told or passed on        near.h; sched_setaffinity(2), fork(2), proc(5)
 */
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
