/*
 * unwind.h - walks the user stack of a stopped tracee, from the system-call instruction out to the
 * outermost frame, by the CFI of the mapped ELF files. libunwind interprets the CFI, over our accessors:
 * registers read once, the stack read in one piece, tables from images in our memory. It is never left to
 * guess: where no CFI covers a pc the walk stops (libunwind 1.6.2 would follow %rbp, and skip callers).
 */
#ifndef SYSTRACE_UNWIND_H
#define SYSTRACE_UNWIND_H

#include <sys/user.h>
#include "symbolizer/space.h"
#include "symbolizer/stack.h"

struct unwinder {
    struct images *images; /* borrowed */

    /* The last walk: frames, innermost first. Reused by the next. */
    struct frame *frames;
    uint32_t depth, capacity;

    /* The piece of the stack that has been read: [stack_start, stack_start + stack_size). */
    uint8_t *stack;
    uint64_t stack_start;
    size_t stack_size, stack_capacity;

    /* The step under way. */
    struct space *space;
    const struct target *target;
    const struct user_regs_struct *registers;
    const struct site *site;
    uint64_t bias; /* of site->image: address in the process - vaddr */
    bool inexact;  /* the frames from here outwards rest on a heuristic */
    int failure;   /* errno of the memory access that failed, negative; 0 */

    void *uncached; /* unw_addr_space_t without a cache */
};

/* 0 or -ENOMEM. */
int unwinder_init(struct unwinder *unwinder, struct images *images);
void unwinder_deinit(struct unwinder *unwinder);

/*
 * Walks the stack of a thread that stopped in a system call with these registers; reads the map of `space`
 * first if it is stale. The frames are in unwinder->frames; returns how the walk ended.
 */
enum stack_end unwind(struct unwinder *unwinder, struct space *space, const struct target *target,
                      const struct user_regs_struct *registers);

/* Adds the frames of the stack that made this spawned child, marked FRAME_SPAWNED_BY; the end of the whole. */
enum stack_end unwind_append(struct unwinder *unwinder, const struct stack *spawner);

/* Frees struct code's unwind_cache (NULL: nothing). */
void unwind_cache_destroy(void *cache);

#endif
