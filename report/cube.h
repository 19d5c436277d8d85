/*
 * cube.h - groups the calls of a run by any keys and says of each group what is asked: a cut
 * through the cube of all keys. Every cut of the same calls adds up to the same totals.
 *
 * Where a key is of a library, a call belongs to the group of its caller; as issued to that of its
 * issuer; as on the stack to all groups that have a library of its stack, to each once.
 */
#ifndef SYSTRACE_CUBE_H
#define SYSTRACE_CUBE_H

#include "report/grid.h"
#include "report/keys.h"
#include "report/query.h"

/* A row for each group, sorted and cut off as asked; texts are borrowed from `keys`. -ENOMEM. */
int cube_grid(struct run *run, struct keys *keys, const struct query *query, struct grid *ret);

#endif
