/*
 * progress.h - one live line on a terminal: calls so far, calls per second, libraries, pairs, time.
 */
#ifndef SYSTRACE_PROGRESS_H
#define SYSTRACE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include "report/table.h"

struct progress {
    bool shown;                 /* a line stands on the terminal */
    uint64_t start, last, next; /* nanoseconds */
    uint64_t last_calls;
    const struct table_options *options;
};

void progress_begin(struct progress *progress, const struct table_options *options);

/* Writes the line anew, if it is time. Its cost is kept under a fiftieth of the run. */
void progress_show(struct progress *progress, struct run *run, uint64_t calls);

/* Takes the line away. */
void progress_end(struct progress *progress);

#endif
