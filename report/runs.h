/*
 * runs.h - run files as one run, and of that only the calls that are asked for: how the commands
 * that read run files begin.
 */
#ifndef SYSTRACE_RUNS_H
#define SYSTRACE_RUNS_H

#include <stddef.h>
#include "record/run.h"
#include "report/callers.h"
#include "report/query.h"

/* Adds the run of each of these files. 0, or a negative errno after a complaint (complain.h). */
int runs_add(struct run *run, char *const *paths, size_t count);

/* Leaves the calls that the query's filters let through (selection.h). `names`: what libraries are
 * called, by module, in place of their files' names (keys.h), or NULL. 0, or a negative errno after
 * a complaint, also if none are left. */
int runs_select(struct run *run, const struct table_options *options, const struct query *query,
                const char *const *names);

#endif
