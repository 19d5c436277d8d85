/*
 * gorow.h - unwind rows of Go code, from Go's own table. Most of it is simple: CFA = sp + k. The
 * functions of Go's runtime that change stacks or end them are known by name.
 */
#ifndef SYSTRACE_GOROW_H
#define SYSTRACE_GOROW_H

#include <stdbool.h>
#include <stdint.h>
#include "symbolizer/image/image.h"
#include "symbolizer/image/row.h"

/* What a walk must know at one pc of Go code. */
struct go_row {
    uint64_t start, end; /* the function, vaddr */
    struct row row;      /* ROW_BAD: not known */
    bool signal;         /* in the signal frame's trampoline */
    /* It was not called: its return address is the very instruction that runs next (the trampoline,
     * or the one that a signal handler made to look like the caller). */
    bool uncalled;
};

/* The row at `vaddr`. False: no Go function is there, or one that only its unwind entry describes
 * (C, in a program that links both). */
bool go_row_find(const struct image *image, uint64_t vaddr, struct go_row *ret);

#endif
