/*
 * program.h - runs the CFI program of an unwind entry (DWARF 5, section 6.4.2) up to one pc, and
 * says where the caller's registers are there. The bytes are untrusted. libdw and libunwind trust
 * them: libunwind 1.6.2 dies of a division in an expression and turns for ever on a jump backwards,
 * libdw 0.188 takes 2 GB for a great register number. So a program is checked as a whole, and what
 * is refused here is not given to libunwind either.
 */
#ifndef SYSTRACE_PROGRAM_H
#define SYSTRACE_PROGRAM_H

#include <stdbool.h>
#include "symbolizer/cfi.h"

/* DWARF's numbers of registers; higher ones are of no matter to a walk. */
enum { DWARF_RDI = 5, DWARF_RBP, DWARF_RSP, DWARF_RIP = 16, DWARF_REGISTERS };

/* Where a register of the caller is. */
struct place {
    enum {
        PLACE_UNSPECIFIED, /* as the ABI has it: rsp is the CFA, others that are preserved still
                              themselves */
        PLACE_SAME,
        PLACE_UNDEFINED,
        PLACE_AT_CFA,    /* saved at CFA + offset */
        PLACE_AT_RSP,    /* saved at rsp + offset, as in a signal frame */
        PLACE_IN_RDI,    /* as the return address of vfork(2) is */
        PLACE_ELSEWHERE, /* another register, a sum, any other expression */
    } kind;
    int64_t offset;
};

/* All that is known at one pc. */
struct frame_rules {
    /* CFA = register + offset, DWARF_REGISTERS: it is an expression. */
    uint64_t cfa_register;
    int64_t cfa_offset;
    struct place cfa_saved; /* if it is an expression: PLACE_AT_RSP or PLACE_ELSEWHERE */
    bool has_cfa;
    struct place registers[DWARF_REGISTERS];
};

/* The rules at `vaddr`, which the entry covers. 0; -EINVAL: malformed, or not to be trusted to
 * libunwind. */
int program_run(const struct fde *fde, uint64_t vaddr, struct frame_rules *ret);

#endif
