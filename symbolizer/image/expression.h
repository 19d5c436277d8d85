/*
 * expression.h - evaluates the DWARF expressions of unwind information (DWARF 5, section 2.5). The
 * bytes are untrusted. Of the operations only those are known that run forwards without a trap and
 * that libunwind 1.6.2 reads as they are (it knows no operands of DW_OP_constu, say, and it dies of
 * a division): compilers, assemblers and the C library's authors use a few of these.
 */
#ifndef SYSTRACE_EXPRESSION_H
#define SYSTRACE_EXPRESSION_H

#include <stdbool.h>
#include <stdint.h>
#include "symbolizer/image/cfi.h"

/* What an expression is about. Both give 0, or another number, which ends the evaluation. */
struct expression_source {
    int (*read_register)(void *context, unsigned number, uint64_t *ret);
    int (*read_word)(void *context, uint64_t address, uint64_t *ret);
    void *context;
};

/* The value that an expression leaves, which begins with `initial` on its stack. 0; -EINVAL: one
 * that is not sound; or what the source said. */
int expression_evaluate(struct span expression, uint64_t initial,
                        const struct expression_source *source, uint64_t *ret);

/* Is it sound, whatever registers and memory hold? */
bool expression_is_sound(struct span expression);

#endif
