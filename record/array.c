/* array.c - doubles the capacity. */
#include "array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool array_grow(void *array, size_t needed, size_t *capacity, size_t size)
{
    size_t larger = *capacity ? *capacity * 2 : 16;
    void *old;

    while (larger < needed && larger <= UINT32_MAX / 2)
        larger *= 2;
    if (larger > UINT32_MAX / 2)
        return false; /* numbers of elements are 32 bits wide, and those of hash slots */
    memcpy(&old, array, sizeof(old)); /* it is a pointer of another type */
    void *grown = reallocarray(old, larger, size);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof(grown));
    *capacity = larger;
    return true;
}

void *array_with_room(void *array, size_t count, size_t *capacity, size_t size)
{
    return count < *capacity || array_grow(&array, count + 1, capacity, size) ? array : NULL;
}
