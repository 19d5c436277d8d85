/*
 * sides.h - two lots of run files as one run, to be compared: so all that is asked of it, by whom a
 * call was made and what names there are, has one answer for both.
 */
#ifndef SYSTRACE_SIDES_H
#define SYSTRACE_SIDES_H

#include <stdbool.h>
#include <stddef.h>
#include "record/run.h"

enum side { OLD, NEW, SIDES };

struct side_files {
    char **paths; /* borrowed; the array is owned by whoever made it */
    size_t count;
};

struct sides {
    struct run run;
    size_t old_executions; /* the first so many are OLD's */
    struct side_files files[SIDES];
    bool *has_module[SIDES]; /* by module of the run: was it mapped there? */
};

/* 0, or a negative errno after a complaint (complain.h): there is nothing to deinit. */
int sides_load(struct sides *sides, const struct side_files files[static SIDES]);
void sides_deinit(struct sides *sides);

static inline enum side side_of(const struct sides *sides, uint32_t execution)
{
    return execution < sides->old_executions ? OLD : NEW;
}

#endif
