/*
 * functions.h - where the functions of an image start: by its symbols, and by what its code and
 * data seem to point to. Asked for only in code that has no unwind information.
 */
#ifndef SYSTRACE_FUNCTIONS_H
#define SYSTRACE_FUNCTIONS_H

#include "symbolizer/image/images.h"

/* As far as is known: sorted vaddrs. */
struct functions {
    struct fact fact;
    uint64_t *starts;
    size_t count;
    bool read; /* they are, once they have been asked for */
};

/* The last start of a function at or below `vaddr` that is known; 0: none. */
uint64_t function_start(struct images *images, struct image *image, uint64_t vaddr);

/* Is it known, by now, that one starts at `vaddr`? */
bool functions_has(const struct image *image, uint64_t vaddr);

#endif
