/* array.c - doubles the capacity. */
#include "array.h"

#include <stdint.h>
#include <stdlib.h>

void *array_with_room(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    size_t doubled = *capacity ? *capacity * 2 : 16;
    if (doubled > UINT32_MAX / 2)
        return NULL; /* numbers of elements are 32 bits wide, and those of hash slots */
    void *grown = reallocarray(array, doubled, size);
    if (grown)
        *capacity = doubled;
    return grown;
}
