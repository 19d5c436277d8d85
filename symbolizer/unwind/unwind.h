/*
 * unwind.h - walks the user stack of a stopped tracee, from the system-call instruction out to the
 * outermost frame, by the CFI of the mapped ELF files; and finds the frames that tail calls
 * removed. Where no unwind information covers a pc, the caller is guessed, and all from there on is
 * marked inexact; or the walk stops and says so.
 */
#ifndef SYSTRACE_UNWIND_H
#define SYSTRACE_UNWIND_H

#include <libunwind.h>
#include "symbolizer/unwind/unwinder.h"

/* 0 or -ENOMEM. */
int unwinder_init(struct unwinder *unwinder, struct images *images, struct stacks *stacks);
void unwinder_deinit(struct unwinder *unwinder);

/*
 * Walks the stack of a thread that stopped in a system call with these registers (if the target can
 * read them, pc, sp and foreign are enough: the others are read when they matter); reads the map of
 * `space` first if it is stale. The frames are in unwinder->frames; returns how the walk ended.
 */
enum stack_end unwind(struct unwinder *unwinder, struct space *space, const struct target *target,
                      const struct registerset *registers);

/*
 * The number of the stack that the same walk finds, by the memo of the address space if that knows
 * it: then there are no frames in unwinder->frames. `spawner` is the stack of the clone call that
 * made this spawned child, NO_STACK, or UNKNOWN_STACK; the stack goes on with it. -EINPROGRESS: not
 * yet, for an image is being fetched; -ENOMEM.
 */
int64_t unwind_number(struct unwinder *unwinder, struct space *space, const struct target *target,
                      const struct registerset *registers, int64_t spawner);

/* The same walk by libunwind alone. */
enum stack_end unwind_by_reference(struct unwinder *unwinder, struct space *space,
                                   const struct target *target,
                                   const struct registerset *registers);

/* After a walk that ended so: adds the frames of `spawner`, marked FRAME_SPAWNED_BY; the end of the
 * whole. */
enum stack_end unwind_beyond(struct unwinder *unwinder, enum stack_end end, int64_t spawner);

#endif
