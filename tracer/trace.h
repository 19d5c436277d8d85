/*
 * trace.h - the tracing of one command, from its start to the end of its last descendant.
 */
#ifndef SYSTRACE_TRACE_H
#define SYSTRACE_TRACE_H

#include "options.h"
#include "report/run.h"

/*
 * Runs the command of `options` and records all its system calls as a new execution of `run`. 0 and
 * the command's wait status (waitpid(2)) in *status; or the exit status to end with, after a
 * message.
 */
int trace_command(const struct options *options, struct run *run, int *status);

#endif
