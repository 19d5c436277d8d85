/*
 * guess.h - finds the caller of code that has no unwind information (assembly, musl, JIT compilers'
 * code), by what its instructions do to the stack, by the frame pointer, or by a search. It can be
 * wrong: the frames that are found so, and all beyond, are marked inexact.
 */
#ifndef SYSTRACE_GUESS_H
#define SYSTRACE_GUESS_H

#include "symbolizer/unwind/unwinder.h"

/* Steps outwards from a site, and says in *row how. */
typedef enum step guesser(struct unwinder *, struct site *, struct position *, struct row *row);

/* A walk begins: so much may be guessed on it. */
void guess_begin(struct unwinder *unwinder);

/*
 * Steps outwards from `site`, the code under way or a call in it. A return address is believed only
 * behind a call instruction; and best if that names the function at `site`. STEP_OUT,
 * STEP_OUTERMOST, or STEP_UNKNOWN. *row: how it stepped, for the memo; what was seen is noted from
 * unwinder->sight_count on.
 */
enum step guess_step(struct unwinder *unwinder, struct site *site, struct position *at,
                     struct row *row);

/*
 * The same where the unwind information of `site` leads to no code, and is of one entry that says
 * the same from its start on: LuaJIT has such a one for its interpreter, but comes there from
 * compiled code too, with more on the stack. The nearest return address is believed that
 * is behind a call of a function of the same entry, or from elsewhere of one of the same library.
 */
enum step guess_deeper(struct unwinder *unwinder, struct site *site, struct position *at,
                       struct row *row);

/* The same where the row of `site` needs an fp that is not known any more: the nearest return
 * address is believed that is behind a call of its function, else behind one through a pointer. */
enum step guess_lost(struct unwinder *unwinder, struct site *site, struct position *at,
                     struct row *row);

#endif
