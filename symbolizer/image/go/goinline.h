/*
 * goinline.h - which functions Go's compiler put into others: by the inline trees that Go's own
 * traceback goes by, in stripped programs too. Used after the run.
 */
#ifndef SYSTRACE_GOINLINE_H
#define SYSTRACE_GOINLINE_H

#include <stdint.h>
#include "symbolizer/image/image.h"

/*
 * Calls `add` for each function that was inlined at `vaddr` of `function`, from the innermost,
 * position 0, outwards. Where the tree cannot be read the name is NULL: some function was inlined
 * there. 0, or what `add` returned that is not 0.
 */
int go_inlined(const struct image *image, const struct go_function *function, uint64_t vaddr,
               int (*add)(void *context, uint32_t position, const char *name), void *context);

#endif
