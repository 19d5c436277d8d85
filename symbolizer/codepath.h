/*
 * codepath.h - makes an unwind row of code that has no unwind information, by following its
 * instructions from where the function starts to the pc, and what they do to rsp and rbp. It can be
 * wrong: calls are taken to return, and jumps through tables to go on in the same function.
 */
#ifndef SYSTRACE_CODEPATH_H
#define SYSTRACE_CODEPATH_H

#include <stdbool.h>
#include "symbolizer/image.h"

struct codepath {
    /* ROW_CFA_RSP, ROW_CFA_RBP, or ROW_OUTERMOST where rbp was cleared and not saved, by which
     * start code and threads begin. */
    struct row row;
    bool realigned; /* the return address there is a copy, and the true one some words beyond */
};

/*
 * How to step outwards from the instruction that `vaddr` is in, if its function starts at `start`.
 * False: there is no way to it from there, it is too long, or leaves the stack unknown.
 */
bool codepath_find(const struct image *image, uint64_t start, uint64_t vaddr, struct codepath *ret);

#endif
