/*
 * verify.h - checks the walk by rows against libunwind: the acceptance test of the unwinder, on the
 * stacks of the program that the user has at hand.
 */
#ifndef SYSTRACE_VERIFY_H
#define SYSTRACE_VERIFY_H

#include <stdio.h>
#include "symbolizer/unwind/unwind.h"

struct verify {
    uint64_t every;       /* the N-th stack is verified; 0: none */
    uint64_t stacks;      /* seen */
    uint64_t verified;    /* walked a second time */
    uint64_t differences; /* of them, those that differ */
    FILE *file;           /* where differences are printed, with all that is needed to see why */
};

/*
 * As unwind_number(), and in every N-th call also by libunwind alone, without rows and memo:
 * differences are printed and counted. The result is that of unwind_number().
 */
int64_t verify_unwind(struct verify *verify, struct unwinder *unwinder, struct space *space,
                      const struct target *target, const struct registerset *registers,
                      int64_t spawner);

#endif
