/*
 * tracee.h - the traced threads, by tid, and the processes and address spaces that they share.
 */
#ifndef SYSTRACE_TRACEE_H
#define SYSTRACE_TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "meaning.h"
#include "addressspace.h"
#include "judge.h"
#include "phaserule.h"
#include "record/stack.h"
#include "record/syscalls.h"

/* A thread group. */
struct process {
    unsigned references; /* tracees in it */
    pid_t pid;
    int64_t program; /* number in the run; -1 until the command's first execve */
    struct phase_state phases;
    bool own_filter;     /* it may have a seccomp filter of its own: watched by PTRACE_SYSCALL, */
    unsigned installers; /* as while so many of its threads are in a call that installs one; */
    bool watched;        /* of which its other threads were made aware (resume_watched) */
    enum { RANK_UNKNOWN, RANK_FIRST, RANK_OTHER } rank; /* in its pid namespace */
    pid_t ender; /* the first thread that entered exit_group or execve; 0: none */
};

/* A call that may make a tracee. */
struct clone_call {
    bool known; /* the following is */
    uint64_t flags;
    enum abi abi;
    uint64_t args; /* address of clone3's struct; 0: clone, with the flags in a register */
    bool own_stack;
    bool untraced; /* CLONE_UNTRACED is to be put back where it was; also in the child, before it
                      has made any call */
};

/*
 * The call that a tracee is in, or was, if its exit was not asked for: from its entry stop to its
 * exit stop, or to the next entry. All of it is zero in between, by tracee_end_call().
 */
struct call_state {
    bool in_call;             /* its entry was counted by a PTRACE_SYSCALL stop */
    bool passed_filter;       /* in such a call: our filter was reached, so no other denied it */
    bool refusable;           /* the kernel is not to see it: tracee.ruling says so; */
    bool refused;             /* and does not */
    bool passed_over;         /* it was not counted, for a driver has paused the recording */
    int64_t stack;            /* number in the run */
    bool observed;            /* what it returns is to be recorded, */
    uint32_t count;           /* with this count of the run */
    uint64_t resumed;         /* when it went on from its entry; nanoseconds */
    bool changing_map;        /* it can change an executable mapping, */
    struct map_change change; /* in this way */
    uint64_t maps_served; /* so much memory, which it returns, may be of a file that is served */
    bool cloning;         /* it may make a tracee, of which there was no event yet */
    struct clone_call clone;
    bool ending;           /* it is exit or exit_group, which nothing follows */
    bool closes_memory;    /* the kernel may refuse us the memory afterwards */
    bool queues_signal;    /* it can send a signal in the name of another process */
    bool installs;         /* it installs a filter, if it succeeds, */
    uint64_t filter_flags; /* with these flags */
    bool asks_mode;        /* it asks for the seccomp mode, which but for ours would be none */
    bool entering_strict;  /* it is to enter seccomp's strict mode, which our filter forbids */
};

struct tracee {
    /* Longer than a call: what the thread is, from its start on or from its last execve. */
    pid_t tid;
    struct process *process;     /* NULL: its first stop came before the event of its parent */
    struct address_space *space; /* NULL as process is; replaced at execve */
    int64_t spawned_by;  /* stack of the clone call that made this CLONE_VM|CLONE_VFORK child, whose
                            own stack is another; NO_STACK, also from its execve on */
    uint32_t area;       /* of the agent in its space (agentstate.h), + 1; 0: none, */
    uint64_t refresh_at; /* with which number of the agent's stops its stack is looked for again */
    uint64_t inherited_base; /* it may have the %gs of who made it: of the areas that begin here */
    bool repeats; /* its next entry is the last call again, which we have interrupted to change code
                     for the agent */
    bool blocks_traps;   /* it did when code was written last that it may have been executing */
    bool strict;         /* as if in seccomp's strict mode, which nobody leaves (effects.c) */
    uint64_t resumed_at; /* for near_resume, which compares it with the next time */
    struct injection_state injections;
    struct ruling ruling; /* what the user wants to become of its last call, if anything is asked */

    struct call_state call;

    /* Shorter: until the next stop, whatever it is; a call may have several (a child was made). */
    bool at_entry;      /* its entry was counted, and there was no stop since */
    bool sees_affinity; /* the call can tell or pass on the affinity of this tracee or of another */
    bool listening;     /* in a group-stop: only a signal makes it report again */
    bool interrupted;   /* we have stopped it (PTRACE_INTERRUPT), which it has not reported yet */

    /* As long as it stays in a stop, for the loop or something else has to come first; and a stop
     * need not be in a call (its first, its death). */
    bool installing;      /* it installs a filter for its process, whose other threads must stop */
    bool postponed;       /* at an entry, until a file has been read: a child is at it */
    int postponed_status; /* of that stop */
    bool held;            /* until the event of its parent comes */
    int held_status;      /* of that stop */
    bool queued;          /* a stop of it, or its death, was waited for and is not handled yet */

    struct tracee *next; /* in its hash chain */
};

struct tracees {
    struct tracee **slots;
    size_t slot_count, count;
};

int tracees_init(struct tracees *tracees);
/* Frees all tracees. */
void tracees_deinit(struct tracees *tracees);

struct tracee *tracees_find(const struct tracees *tracees, pid_t tid);

/* Any tracee of the process, or NULL. Slow. */
struct tracee *tracees_find_process(const struct tracees *tracees, pid_t pid);

/* One after the other, in no order, from NULL to NULL; none may be added or removed meanwhile. */
struct tracee *tracees_next(const struct tracees *tracees, const struct tracee *last);

/* The same of those that share the address space of `tracee`, but that one. */
struct tracee *tracees_next_beside(const struct tracees *tracees, const struct tracee *tracee,
                                   const struct tracee *last);

/* A new tracee without process and address space. NULL: no memory. */
struct tracee *tracees_add(struct tracees *tracees, pid_t tid);
void tracees_remove(struct tracees *tracees, struct tracee *tracee);

/* Gives it another tid, which no tracee has, as execve does to a thread that is not the leader. */
void tracees_rename(struct tracees *tracees, struct tracee *tracee, pid_t tid);

/* Puts a tracee in a process and an address space, both of which the caller hands over a reference
 * to. */
void tracee_adopt(struct tracee *tracee, struct process *process, struct address_space *space);

/* The tracee has come out of a call that installs a filter, if it was in one. */
void tracee_end_install(struct tracee *tracee, bool installed);

/* It is in no call any more. What was not seen to end may have come so far. */
void tracee_end_call(struct tracee *tracee);

/* A new process with one reference. NULL: no memory. */
struct process *process_create(pid_t pid, int64_t program);
struct process *process_ref(struct process *process);
void process_unref(struct process *process);

#endif
