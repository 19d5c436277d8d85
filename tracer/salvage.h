/*
 * salvage.h - after the tracing or the finishing thread has ended in its midst (crash.h): what was
 * counted is written all the same.
 *
 * It may have left anything behind: memory half changed, a lock of malloc or stdio held, a heap
 * that is no heap any more. So a child process writes, which may crash or hang without harm, and
 * which makes a copy first: all new memory comes from the arena of the thread that calls this, and
 * nothing old is freed. First with the names of functions; if that fails without, which takes less.
 */
#ifndef SYSTRACE_SALVAGE_H
#define SYSTRACE_SALVAGE_H

#include "tracer.h"

/* Writes the results by tracer->save, as cut short unless all had been traced; not if the fault
 * came while they were being written, for then the run may be in no order. Ends the process with
 * EXIT_OURS, after a line that says what became of them. */
_Noreturn void salvage(struct tracer *tracer);

#endif
