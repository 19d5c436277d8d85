/*
 * bottom.h - knows the bottoms of stacks that no unwind information tells of: of coroutines, whose
 * maker has put a return address there that no call left, and of threads that end where their first
 * function returns to.
 */
#ifndef SYSTRACE_BOTTOM_H
#define SYSTRACE_BOTTOM_H

#include "symbolizer/unwind/unwinder.h"

/* Does glibc's __start_context begin at this address, the bottom of a makecontext(3) stack? */
bool bottom_is_start_context(struct unwinder *unwinder, uint64_t address);

/*
 * Is this return address planted: no call comes before it, and the code there never returns, or is
 * the start of one that knows how to begin (glibc's __start_context)? Then the stack ends there.
 */
bool bottom_is_planted(struct unwinder *unwinder, uint64_t address);

/* Does the thread end right behind the call in `site`, or at it, by a system call? Then it has no
 * caller, whatever the unwind information says. */
bool bottom_ends_thread(struct unwinder *unwinder, const struct site *site);

#endif
