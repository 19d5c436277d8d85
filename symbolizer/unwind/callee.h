/*
 * callee.h - what a call or a jump names: by its instruction, by way of slots and PLT stubs.
 */
#ifndef SYSTRACE_CALLEE_H
#define SYSTRACE_CALLEE_H

#include "symbolizer/unwind/space.h"
#include "symbolizer/processor/callcode.h"

/* What a call or a jump names, by way of PLT stubs. */
struct named {
    uint64_t address;          /* 0: not known */
    const struct site *callee; /* NULL: not mapped, or not known */
    uint64_t stub;             /* by way of this one; 0: of none */
    bool by_slot;
};

/* Finds what a call or a jump in the image of `site` names, with the slots as they are now. A
 * variable that may change is not looked into: then nothing is known. 0; negative errno: it could
 * not be read. */
int callee_find(struct space *space, const struct target *target, struct codepages *pages,
                const struct site *site, struct callcode call, struct named *ret);

/* Fills site->callee by the call that ends at site->address + 1, unless it is known already. 0;
 * negative errno: what the call names could not be read. */
int callee_resolve(struct space *space, const struct target *target, struct codepages *pages,
                   struct site *site);

#endif
