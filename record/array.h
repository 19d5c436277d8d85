/* array.h - arrays that grow. */
#ifndef SYSTRACE_ARRAY_H
#define SYSTRACE_ARRAY_H

#include <stddef.h>

/* The array with room for one more element, or NULL: no memory, or more elements than numbers of 31
 * bits can tell. It may have moved. Starts with NULL and capacity 0. */
void *array_with_room(void *array, size_t count, size_t *capacity, size_t size);

#endif
