/*
 * row.h - unwind rows: where the caller's registers are, at one pc. Made of the CFI of an image and
 * kept for all address spaces that map it. Nearly all code has rows of one simple form; the rest is
 * ROW_HARD and keeps all rules (registers.h).
 */
#ifndef SYSTRACE_ROW_H
#define SYSTRACE_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/slots.h"
#include "symbolizer/image/cfiprogram.h"

struct row {
    enum row_kind {
        ROW_NONE,        /* no unwind entry */
        ROW_CFA_SP,      /* CFA = sp + cfa_offset, return address at RETURN_AT_CFA */
        ROW_CFA_FP,      /* CFA = fp + cfa_offset, return address at RETURN_AT_CFA */
        ROW_HARD,        /* anything else: PLT stubs, realigned stacks */
        ROW_BAD,         /* malformed, or not to be trusted to libunwind */
        ROW_OUTERMOST,   /* the return address is undefined: there is no caller */
        ROW_SIGNAL,      /* sp is where a signal handler has returned (registerset.h) */
        ROW_IN_REGISTER, /* CFA = sp + cfa_offset, return address in a register: vfork(2) */
        /* Go's (gorow.h): */
        ROW_GO, /* CFA = sp + cfa_offset, return address at RETURN_AT_CFA; fp is lost */
        /* By running the code from the pc to the function's return (emulator.h); if that cannot
         * be, as ROW_GO, unless cfa_offset is 0. */
        ROW_CODE,
    } kind;
    union {
        struct {
            int32_t cfa_offset;
            int32_t fp_offset; /* the caller's fp is at CFA + fp_offset; 0: it is still in fp */
        };
        const struct frame_rules *rules; /* ROW_HARD: kept as long as the image is */
    };
};

/* Rows of one image, by vaddr. */
struct rows {
    struct kept_row {
        uint64_t vaddr;
        struct row row;
        struct frame_rules *rules; /* NULL: never asked for */
    } * all;
    size_t count, capacity;
    struct slots slots;
};

/* Is the stack pointer that the caller had saved somewhere? Else it is the CFA. */
static inline bool row_moves_stack(const struct row *row)
{
    return row->kind == ROW_HARD && row->rules->registers[REGISTER_SP].kind != RULE_UNSPECIFIED;
}

/* Where the return address is, by a row whose CFA is at an offset from `base`. */
static inline uint64_t row_return_at(const struct row *row, uint64_t base)
{
    return base + (uint64_t)(int64_t)row->cfa_offset + RETURN_AT_CFA;
}

void rows_deinit(struct rows *rows);

/* The row for the instruction at `vaddr`, which this entry covers. */
struct row rows_find(struct rows *rows, const struct fde *fde, uint64_t vaddr);

/* All that the entry says of that pc, kept as long as the image is. NULL: it is ROW_BAD, or no
 * memory. */
const struct frame_rules *rows_rules(struct rows *rows, const struct fde *fde, uint64_t vaddr);

#endif
