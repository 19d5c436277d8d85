/*
 * loops.h - the table of loops (--table=loops): for each program and kind of thread the function in
 * whose loop it waits. What waits in none is
 * [unknown].
 */
#ifndef SYSTRACE_REPORT_LOOPS_H
#define SYSTRACE_REPORT_LOOPS_H

#include "report/grid.h"
#include "report/keys.h"

/*
 * A row for each (program, kind of thread, function), those that wait most often first:
 *
 *   waits    calls that wait (waits.h) and were made in the function's loop, at least two
 *   inexact  of these, on a stack with a frame that is not sure; or the loop is only likely
 *   calls    calls of such threads with the function on the stack; of [unknown] the waits
 *   of       all calls of such threads
 *   %        of these, how many `calls` are
 *   thread   [main], also of a forked child's only thread; else the function that the thread began
 *            with; [unknown]
 *   loop     the function, as --under and --phase take it: LIBRARY:FUNCTION, or MODULE+0xOFFSET of
 *            its first byte where it has no symbol
 *
 * The loop is the outermost of the stack that was seen to go round: in which a call was made more
 * often than there were processes and threads, but for a few; else the outermost proven one, else
 * the outermost likely one. A forked child does not go round in the loops in which its parent
 * forked it. What a process waits for while it is loaded or exits is left out.
 *
 * The grid's note has the options that select the first loop of each program, of up to three.
 */
int loops_grid(struct run *run, struct keys *keys, struct grid *ret);

#endif
