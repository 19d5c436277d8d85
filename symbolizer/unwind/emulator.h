/*
 * emulator.h - finds the caller of a function that has changed stacks, by running its code in our
 * head, from where it is to its return. It may take long until the processor gets there, but the
 * few functions for which this is asked (gorow.h) keep what they need in memory that stays as it
 * is.
 */
#ifndef SYSTRACE_EMULATOR_H
#define SYSTRACE_EMULATOR_H

#include "symbolizer/unwind/unwinder.h"

/* Which registers still are what they were in the function, beside sp. */
enum emulator_registers {
    EMULATOR_SP,          /* none */
    EMULATOR_PRESERVED,   /* that C functions preserve */
    EMULATOR_ALL,         /* that a system call preserves */
    EMULATOR_INTERRUPTED, /* all, where a signal came */
};

/*
 * Steps outwards from the instruction at at->ip, in a function with a row of kind ROW_CODE, where
 * these are the registers. STEP_UNKNOWN: one that it does not know, or a value is not known, and
 * the row does not say either where the return address is.
 */
enum step emulator_step(struct unwinder *unwinder, const struct row *row,
                        enum emulator_registers which, const struct value registers[REGISTER_COUNT],
                        struct position *at);

#endif
