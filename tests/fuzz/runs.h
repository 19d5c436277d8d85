/* runs.h - what must hold of every run, for the targets that make runs (runs.c). */
#ifndef SYSTRACE_TESTS_FUZZ_RUNS_H
#define SYSTRACE_TESTS_FUZZ_RUNS_H

#include "record/run.h"

/*
 * What is written is read again as the same; adding it to nothing changes nothing, adding it to
 * itself under other ids doubles the counts, whichever is added to which; tables add up and can be
 * printed in every format. Sorts the run and gives its executions other ids.
 */
void check_run(struct run *run);

#endif
