/*
 * step.h - where a walk over the stack has got to, and what becomes of a step outwards.
 */
#ifndef SYSTRACE_STEP_H
#define SYSTRACE_STEP_H

#include <stdbool.h>
#include <stdint.h>

struct position {
    uint64_t ip, sp, fp;
    bool fp_known; /* else fp has what it had at the start, */
    bool lost; /* unless this is set: preserved registers are not known, for Go preserves none */
};

enum step {
    STEP_OUT,       /* the caller's frame was found */
    STEP_OUTERMOST, /* there is no caller */
    STEP_TO_ZERO,   /* the return address is 0: of a stack that was made so */
    STEP_UNKNOWN,   /* the unwind information does not say, after all */
    STEP_FAILED,    /* unwinder->failure says why, if memory did; else the information is bad */
};

#endif
