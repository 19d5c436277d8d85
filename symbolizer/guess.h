/*
 * guess.h - finds the caller of code that has no unwind information (assembly, musl, JIT compilers'
 * code), by what compilers do. It can be wrong: the frames that are found so, and all beyond, are
 * marked inexact.
 */
#ifndef SYSTRACE_GUESS_H
#define SYSTRACE_GUESS_H

#include "symbolizer/unwind.h"

/*
 * Steps outwards from `site`, the code under way or a call in it. A return address is believed only
 * behind a call instruction; and best if that names the function at `site`. False: there is none.
 */
bool guess_caller(struct unwinder *unwinder, struct site *site, struct position *at);

#endif
