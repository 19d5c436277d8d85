/*
 * record.h - what the tracer writes into the run (record/run.h): the execution, its programs, and
 * after the hot path the symbols of every frame.
 */
#ifndef SYSTRACE_RECORD_H
#define SYSTRACE_RECORD_H

#include <stdbool.h>
#include <sys/types.h>
#include "options.h"
#include "record/run.h"
#include "symbolizer/image/images.h"

/* Adds the execution that these options ask for and that begins now, with the engine that runs; its
 * index, or a negative errno. */
int64_t record_begin(struct run *run, const struct options *options);

/* The number of the program that this process runs; [unknown] if /proc does not tell. No memory for
 * that ends us. */
int64_t record_program(struct run *run, pid_t tid);

/* Ends it: time, status of the command as from waitpid(2) (NULL: there is none), load counts,
 * symbols, what the options ask for beside them, and what is known of their code. -ENOMEM. */
int record_end(struct run *run, uint32_t execution, const int *status,
               const struct options *options, const struct images *images);

/* Says of each module that has no more of a runtime library than its name. */
void record_warn_of_claims(const struct run *run, const struct options *options);

#endif
