/*
 * trace.h - the tracing of one command, from its start to the end of its last descendant; or of
 * running processes, until they end or are let go.
 */
#ifndef SYSTRACE_TRACE_H
#define SYSTRACE_TRACE_H

#include "options.h"
#include "record/run.h"

/* Writes the results as far as they go; an exit status, after a message if it is not 0. */
typedef int save_fn(const struct options *options, struct run *run);

/*
 * Runs the command of `options`, or attaches to its processes, records all system calls as a new
 * execution of `run`, and writes that by `save`: at the end; for --interval, in a process of its
 * own, before; and after a fault of ours what there is, in the midst, which ends the program. 0 and
 * the command's wait status (waitpid(2)) in *status; or the exit status to end with, after a
 * message.
 */
int trace(const struct options *options, save_fn *save, struct run *run, int *status);

#endif
