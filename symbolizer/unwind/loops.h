/*
 * loops.h - is a call on a loop of its function: may control that comes back from it come to it
 * again, by nothing but jumps of the function's own? Asked after the run, of the code in files.
 *
 * What is said is proven, as far as code can: only direct jumps are followed, and a call on the way
 * (also the one that is asked about) is passed only if it comes back. That it does is known if
 * nothing else leads to the code behind it, for compilers leave no code that nothing leads to; or
 * if its function is seen to return. Without an unwind entry, with code that is not understood or
 * is too long, and where a switch by a table decides, the answer is no: not known.
 */
#ifndef SYSTRACE_LOOPS_H
#define SYSTRACE_LOOPS_H

#include "record/slots.h"
#include "symbolizer/image/images.h"

/* What has been read of the code, for the next question. All 0 but `images`, borrowed, to begin
 * with. */
struct loops {
    struct images *images;

    /* Private: */
    struct loops_function **functions;
    size_t function_count, function_capacity;
    struct slots function_slots; /* by image and start */
    struct loops_name {
        uint64_t name; /* hash of an import (links.h) */
        bool returns;
    } * names;
    size_t name_count, name_capacity;
    struct slots name_slots;
    uint32_t work; /* instructions that may still be looked at for this question */
};

void loops_deinit(struct loops *loops);

/* Is the call that ends before this return address (vaddr) of the image on a loop? */
bool loops_have(struct loops *loops, struct image *image, uint64_t return_address);

#endif
