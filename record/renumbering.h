/*
 * renumbering.h - where the things of a run are in another one, or after they were sorted.
 */
#ifndef SYSTRACE_RENUMBERING_H
#define SYSTRACE_RENUMBERING_H

#include "record/run.h"

/* The new number of each old one, by old number. */
struct renumbering {
    uint32_t *executions, *programs, *phases, *modules, *stacks;
};

/* All zero. -ENOMEM. */
int renumbering_init(struct renumbering *to, const struct run *run);
void renumbering_deinit(struct renumbering *to);

#endif
