/* array.h - arrays that grow. */
#ifndef SYSTRACE_ARRAY_H
#define SYSTRACE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Is there room in the array for `more` elements behind the `count` that it has? If not, it grows,
 * and may move. False: no memory, or more elements than numbers of 31 bits can tell; then nothing
 * has changed. `array` and `capacity` (a size_t) are variables, which start with NULL and 0.
 */
#define ARRAY_ROOM_FOR(more, array, count, capacity) \
    ((more) <= (capacity) - (count) ||               \
     array_grow(&(array), (size_t)(count) + (more), &(capacity), sizeof(*(array))))

#define ARRAY_ROOM(array, count, capacity) ARRAY_ROOM_FOR(1u, array, count, capacity)

/* For these: of a pointer to elements of `size`, and how many there must be room for. */
bool array_grow(void *array, size_t needed, size_t *capacity, size_t size);

/* The array with room for one more element, or NULL, as above. */
void *array_with_room(void *array, size_t count, size_t *capacity, size_t size);

#endif
