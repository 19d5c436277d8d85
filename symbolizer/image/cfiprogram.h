/*
 * cfiprogram.h - runs the CFI program of an unwind entry (DWARF 5, section 6.4.2) up to one pc, and
 * says where the caller's registers are there. The bytes are untrusted. libdw and libunwind trust
 * them: libunwind 1.6.2 dies of a division in an expression and turns for ever on a jump backwards,
 * libdw 0.188 takes 2 GB for a great register number. So a program is checked as a whole, and what
 * is refused here is not given to libunwind either.
 */
#ifndef SYSTRACE_CFIPROGRAM_H
#define SYSTRACE_CFIPROGRAM_H

#include <stdbool.h>
#include "symbolizer/image/cfi.h"
#include "symbolizer/processor/processor.h"

/* Where a register of the caller is. */
struct rule {
    enum {
        RULE_UNSPECIFIED, /* as the ABI has it: sp is the CFA, others that are preserved still
                              themselves */
        RULE_SAME,
        RULE_UNDEFINED,
        RULE_AT_CFA,        /* saved at CFA + offset */
        RULE_IS_CFA,        /* CFA + offset itself */
        RULE_IN_REGISTER,   /* of the frame, number `offset` */
        RULE_AT_EXPRESSION, /* saved where this leads, which begins with the CFA */
        RULE_IS_EXPRESSION, /* what it leads to itself */
    } kind;
    union {
        int64_t offset;
        struct span expression; /* in the image's tables */
    };
};

/* All that is known at one pc. */
struct frame_rules {
    /* CFA = register + offset, DWARF_REGISTERS: it is an expression. */
    uint64_t cfa_register;
    int64_t cfa_offset;
    struct span cfa_expression;
    bool has_cfa;
    struct rule registers[DWARF_REGISTERS];
};

/* The rules at `vaddr`, which the entry covers. 0; -EINVAL: malformed, or not to be trusted to
 * libunwind. */
int cfiprogram_run(const struct fde *fde, uint64_t vaddr, struct frame_rules *ret);

/* Overwrites what a program says of registers that are of no matter to a walk: libunwind, of which
 * 1.6.2 refuses the whole of it for the sake of one, need not see that. */
void cfiprogram_strip(const struct fde *fde);

#endif
