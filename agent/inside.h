/*
 * inside.h - the code that runs in the process: it is copied there as it is.
 */
#ifndef SYSTRACE_INSIDE_H
#define SYSTRACE_INSIDE_H

#include <stddef.h>
#include <stdint.h>
#include "agent/block.h"

/*
 * A thread is about to make the call of a site, with the registers of `area`. Is its stack known?
 * Then the address of the counter to increment; else that of area->slow. Where to go from there is
 * in area->target. area->inside is set, which is to be 0 again when that has been done.
 */
uint64_t *inside_find(struct block_area *area, uint32_t site, const struct block_table *table);

/* The code, all of it, and where in it that function begins. */
const void *inside_code(size_t *size, size_t *find);

#endif
