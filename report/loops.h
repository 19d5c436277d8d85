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
 *   thread   [main], also of a forked child's only thread; else the function that the thread began
 *            with; [unknown]
 *   loop     the function, as --under takes it: LIBRARY:FUNCTION, or MODULE+0xOFFSET of its first
 *            byte where it has no symbol
 *
 * The loop is the outermost proven one of the stack, else the outermost likely one, but for those
 * that go round only to start a server again: in which many calls were made (of eight kinds or
 * more), and none eight times. A forked child does not go round in the loops in which its parent
 * forked it. What a process waits for while it is loaded or exits is left out.
 */
int loops_grid(struct run *run, struct keys *keys, struct grid *ret);

#endif
