/*
 * loops.h - is a call on a loop of its function: may control that comes back from it come to it
 * again, by nothing but jumps of the function's own? Asked after the run, of the code in files.
 *
 * Yes is proven, as far as code can: only direct jumps are followed, and calls on the way (also the
 * one that is asked about) are passed only if they come back. That one does is not seen by the
 * function that it calls: redis' _serverPanic() returns, but those who call it tell the compiler
 * that it does not, and behind such a call stands whatever else the compiler puts there. But
 * compilers leave no code that nothing leads to: so a call comes back if nothing else leads to the
 * code behind it, or if that is so of another call of the same function, near by. Calls through
 * pointers always do.
 *
 * Where that is not known it is likely, and so it is where control comes to a jump through a table
 * (a switch, an interpreter's next instruction), which is taken to lead to the call.
 *
 * Without an unwind entry, with code that is not understood or is too long it is not known.
 */
#ifndef SYSTRACE_LOOPS_H
#define SYSTRACE_LOOPS_H

#include "record/slots.h"
#include "symbolizer/image/image.h"

/* What is known of the code, for the next question. All 0 to begin with; private. */
struct loops {
    struct loops_function **functions;
    size_t function_count, function_capacity;
    struct slots function_slots; /* by image and start */
    struct loops_known {
        const struct image *image;
        uint64_t address; /* vaddr */
        enum {
            ANSWER_LOOP,     /* the call that ends there is on a loop */
            ANSWER_FUNCTION, /* calls of the function there come back; */
            ANSWER_SLOT,     /* or of that whose address is in the word there */
        } kind;
        unsigned answer; /* of ANSWER_LOOP: enum loops_answer; else whether it is so */
    } * answers;
    size_t answer_count, answer_capacity;
    struct slots answer_slots; /* by all before `answer` */
    uint32_t work;             /* instructions that were looked at, and the like */
};

void loops_deinit(struct loops *loops);

enum loops_answer {
    LOOPS_UNKNOWN, /* no, or not known */
    LOOPS_LIKELY,  /* yes, if all calls on the way come back, and tables lead there */
    LOOPS_PROVEN
};

/* Is the call that ends before this return address (vaddr) of the image on a loop? */
enum loops_answer loops_find(struct loops *loops, struct image *image, uint64_t return_address);

#endif
