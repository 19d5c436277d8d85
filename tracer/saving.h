/*
 * saving.h - the results of a run that is not over: as --interval and drivers want them.
 */
#ifndef SYSTRACE_SAVING_H
#define SYSTRACE_SAVING_H

#include "tracer.h"

/* Ends the record of the execution, as far as it has come; `status` as record_end() has it. 0 or a
 * negative errno. */
int saving_end_record(struct tracer *tracer, const int *status);

/* Forks: the child has all that was recorded so far to itself, and writes it; we go on. Unless one
 * is at it still; tracer->saver says whether one is, afterwards. */
void saving_begin(struct tracer *tracer);

#endif
