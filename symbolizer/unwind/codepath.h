/*
 * codepath.h - makes an unwind row of code that has no unwind information, by following its
 * instructions and what they do to sp and fp: from where the function starts to the pc, or from
 * there to a return. It can be wrong: calls are taken to return, and jumps through tables to go on
 * in the same function.
 */
#ifndef SYSTRACE_CODEPATH_H
#define SYSTRACE_CODEPATH_H

#include <stdbool.h>
#include "symbolizer/image/image.h"

struct codepath {
    /* ROW_CFA_SP, ROW_CFA_FP, or ROW_OUTERMOST where fp was cleared and not saved, by which
     * start code and threads begin. */
    struct row row;
    bool realigned; /* the return address there is a copy, and the true one some words beyond */
};

/*
 * How to step outwards from the instruction that `vaddr` is in, if its function starts at `start`.
 * False: there is no way to it from there, it is too long, or leaves the stack unknown.
 */
bool codepath_find(struct image *image, uint64_t start, uint64_t vaddr, struct codepath *ret);

/* The same for the first jump to wherever a register or memory says: code that nobody else knows
 * runs on the frame that was made until then. */
bool codepath_find_jump(struct image *image, uint64_t start, struct codepath *ret);

/* Code to follow: of an image, or in memory. */
struct codepath_source {
    /* Reads up to `size` bytes of code at an address; how many were. */
    size_t (*read)(void *context, uint64_t address, uint8_t *buffer, size_t size);
    /* Is a function known to start there? */
    bool (*is_start)(void *context, uint64_t address);
    /* Asked of each return that is found, with the row that it means for the pc, until it says yes.
     */
    bool (*accept)(void *context, const struct codepath *path);
    void *context;
};

/* Follows the code from the pc on, which is the next instruction to be run. True: to a return that
 * was accepted. */
bool codepath_find_out(const struct codepath_source *source, uint64_t pc);

/* Does the code from the pc on never come to a return, nor to a jump that may lead to one? (Its
 * calls return, or do not.) `accept` is not asked. */
bool codepath_never_returns(const struct codepath_source *source, uint64_t pc);

#endif
