/*
 * guess.h - finds the caller of code that has no unwind information (assembly, musl, JIT compilers'
 * code), by what its instructions do to the stack, by the frame pointer, or by a search. It can be
 * wrong: the frames that are found so, and all beyond, are marked inexact.
 */
#ifndef SYSTRACE_GUESS_H
#define SYSTRACE_GUESS_H

#include "symbolizer/unwind.h"

/*
 * Steps outwards from `site`, the code under way or a call in it. A return address is believed only
 * behind a call instruction; and best if that names the function at `site`. STEP_OUT,
 * STEP_OUTERMOST, or STEP_UNKNOWN.
 */
enum step guess_step(struct unwinder *unwinder, struct site *site, struct position *at);

#endif
