/* place.c - sorts the places of frames. */
#include "place.h"

#include <stdlib.h>

int place_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->module != y->module)
        return x->module < y->module ? -1 : 1;
    return (x->offset > y->offset) - (x->offset < y->offset);
}

struct place *place_list(const struct stacks *stacks, size_t *count)
{
    struct place *places = calloc(stacks->count, sizeof(*places));
    size_t all = stacks->count - STACK_ENDS, kept = 0;

    if (!places)
        return NULL;
    for (size_t i = 0; i < all; i++) {
        const struct frame *frame = &stacks->stacks[STACK_ENDS + i].frame;
        places[i] = (struct place){ frame->module, frame->offset };
    }
    qsort(places, all, sizeof(*places), place_compare);
    for (size_t i = 0; i < all; i++) {
        if (!kept || place_compare(&places[kept - 1], &places[i]))
            places[kept++] = places[i];
    }
    *count = kept;
    return places;
}
