/*
 * view.h - the traced process as the symbolizer sees it (symbolizer/image/target.h): memory by
 * process_vm_readv(2), or /proc/TID/mem if it makes many calls; maps and files by /proc/TID; where
 * TID is the stopped thread itself (the leader may have exited, and its /proc files are empty
 * then).
 */
#ifndef SYSTRACE_VIEW_H
#define SYSTRACE_VIEW_H

#include "symbolizer/image/target.h"

struct jit;
struct readahead;
struct served;
struct tracee;

/* The context of a target. */
struct view {
    const struct tracee *tracee;
    struct served *served;
    struct readahead *ahead; /* NULL: nothing is read ahead; else of the walk that has begun */
    struct jit *jit;         /* NULL: code made at run time has no names (jit.h) */
};

/* A target of this context, which must outlive it. */
struct target view_target(const struct view *view);

/*
 * Before a call after which the kernel may refuse us the memory and the map of the process
 * (prctl(PR_SET_DUMPABLE, 0), setuid(2)): what is open by then can still be read. Kept with the
 * address space.
 */
void view_keep_open(const struct tracee *tracee);

#endif
