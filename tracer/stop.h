/*
 * stop.h - what a wait status of a tracee means. Pure: ptrace(2)'s many encodings are told apart
 * here and nowhere else.
 */
#ifndef SYSTRACE_STOP_H
#define SYSTRACE_STOP_H

#include <stdbool.h>

enum stop_kind {
    STOP_EXITED,  /* gone; `value` is its exit status */
    STOP_KILLED,  /* gone; `value` is the signal */
    STOP_SYSCALL, /* PTRACE_SYSCALL's stop at entry or exit: PTRACE_GET_SYSCALL_INFO says which */
    STOP_SECCOMP, /* a filter returned SECCOMP_RET_TRACE: an entry */
    STOP_EXEC,    /* execve succeeded */
    STOP_CHILD,   /* fork, vfork or clone made a tracee */
    STOP_VFORK_DONE, /* the vfork child let go of its parent */
    STOP_EXITING,    /* PTRACE_EVENT_EXIT */
    STOP_START,      /* first stop of a new tracee, or PTRACE_INTERRUPT's */
    STOP_GROUP,      /* a group-stop by the stopping signal `value` */
    STOP_SIGNAL,     /* signal `value` is about to be delivered */
    STOP_IGNORED,    /* nothing that we asked for */
};

struct stop {
    enum stop_kind kind;
    int value;
};

/* Is it one of the signals that stop a process (if nothing is done about it)? */
bool stop_is_by(int signal);

/* Of a status from waitpid(2) on a tracee that was seized with PTRACE_O_TRACESYSGOOD. */
struct stop stop_classify(int status);

#endif
