/*
 * countorder.h - the counts of a run in an order in which a group of them meets each execution, or
 * each stack, in one go, and so can count these.
 */
#ifndef SYSTRACE_COUNTORDER_H
#define SYSTRACE_COUNTORDER_H

#include "record/run.h"

/* The numbers of the counts, to be freed; NULL: no memory. */
uint32_t *counts_by_execution(const struct run *run);
uint32_t *counts_by_stack(const struct run *run);

#endif
