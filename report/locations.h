/*
 * locations.h - the distinct frames of a run's stacks, as pictures of stacks have them: each once,
 * with a name for each function there.
 */
#ifndef SYSTRACE_LOCATIONS_H
#define SYSTRACE_LOCATIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "record/run.h"

/* In place of a frame: for each enum stack_end why the stack ends there, and what was left out of
 * a deep one (calltree.h). */
enum { LOCATION_CUT = STACK_ENDS, LOCATION_FIRST };

struct locations {
    struct run *run;      /* borrowed */
    struct frame *frames; /* by number; those before LOCATION_FIRST have none. Only some marks */
    size_t count, capacity;
    struct slots slots;
    uint32_t *of_stack;   /* the location of each stack's innermost frame; of one without frames its
                             end */
    const char **modules; /* what to call them */
};

/* -ENOMEM: there is nothing to deinit. */
int locations_init(struct locations *locations, struct run *run);
void locations_deinit(struct locations *locations);

/* A function at a location. */
struct location_function {
    const char *name; /* raw; NULL: not known */
    const char *component;
    uint32_t position; /* as in the run; that of the frame's own is the last */
    bool inlined;
};

/* The functions at a location, innermost first; false: there is none of this number. */
bool location_function(const struct locations *locations, uint32_t location, uint32_t number,
                       struct location_function *ret);

/* "write [libc.so.6]", "liba.so.1+0x12", or what stands there in place of a frame: escaped
 * (escape.h), to be freed. NULL: no memory. */
char *location_label(const struct locations *locations, uint32_t location,
                     const struct location_function *function);

#endif
