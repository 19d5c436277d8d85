/*
 * trace.h - the tracing of one command, from its start to the end of its last descendant; or of
 * running processes, until they end or are let go.
 */
#ifndef SYSTRACE_TRACE_H
#define SYSTRACE_TRACE_H

#include "options.h"
#include "report/run.h"

/* Writes the results as far as they go; an exit status, after a message if it is not 0. */
typedef int save_fn(const struct options *options, struct run *run);

struct trace_end {
    int status;   /* of the command, as from waitpid(2) */
    bool differs; /* --verify found differences, and said so */
};

/*
 * Runs the command of `options`, or attaches to its processes, and records all system calls as a
 * new execution of `run`. 0 and how it ended; or the exit status to end with, after a message, and
 * no results. `save` is called for --interval, in a process of its own.
 */
int trace(const struct options *options, save_fn *save, struct run *run, struct trace_end *ret);

#endif
