/* place.h - places in modules: what frames are, whatever their marks. */
#ifndef SYSTRACE_PLACE_H
#define SYSTRACE_PLACE_H

#include "record/stack.h"

struct place {
    uint32_t module;
    uint64_t offset;
};

/* For qsort(3) and bsearch(3): by module, then by offset. */
int place_compare(const void *a, const void *b);

/* The places of all frames, sorted, each once, to be freed. NULL: no memory. */
struct place *place_list(const struct stacks *stacks, size_t *count);

#endif
