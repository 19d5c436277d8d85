/*
 * returns.h - which call a word on the stack is the return address of, if it is one: asked by
 * guesses, of words that the program decides on.
 */
#ifndef SYSTRACE_RETURNS_H
#define SYSTRACE_RETURNS_H

#include "symbolizer/unwind/unwinder.h"

/* What is known of the code that a word on the stack points to; NULL if it is not one. */
struct site *returns_site(struct unwinder *unwinder, uint64_t address);

/* The call that ends at an address; NULL if there is none. Interpreters leave return addresses in
 * code made at run time that no call comes before: these are believed. */
struct site *returns_call(struct unwinder *unwinder, uint64_t address);

/* Does the call name the function that `inner` is in, as far as it says what it names? */
bool returns_may_name(const struct site *call, const struct site *inner);

#endif
