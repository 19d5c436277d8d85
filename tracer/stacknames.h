/*
 * stacknames.h - names of the functions on a stack while the run is being recorded, for those few
 * stacks that the user is told of at once. (All others are named after the run: record.h.) The
 * thread stands still while the symbols of its modules are read, once for each of these.
 */
#ifndef SYSTRACE_STACKNAMES_H
#define SYSTRACE_STACKNAMES_H

#include "record/run.h"
#include "symbolizer/image/images.h"

enum { STACK_NAMES_MAX = 64 }; /* frames of a stack, from the innermost */

struct stack_names {
    struct run *run;
    const struct images *images;
    struct named_stack {
        uint32_t stack;
        uint32_t count; /* frames, at most STACK_NAMES_MAX */
        struct named_frame {
            uint32_t module;
            uint64_t offset;
            char *name; /* owned, escaped; NULL: no symbol holds it */
        } * frames;     /* owned */
    } * all;
    size_t count, capacity;
    struct slots slots; /* by stack */
    struct named_image {
        bool read;
        struct named_function *functions; /* owned, by their offsets */
        size_t count, capacity;
    } * functions; /* of images, by their index there */
    size_t image_count;
};

void stack_names_deinit(struct stack_names *names);

/* Those of a stack; valid until the next is asked for. NULL: no memory. */
const struct named_stack *stack_names_find(struct stack_names *names, uint32_t stack);

#endif
