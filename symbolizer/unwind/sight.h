/*
 * sight.h - what guesses see of a stack: of each word no more than what code it points to. That is
 * noted, and so a guess can be remembered (memo.h): as long as it would see the same, it would find
 * the same.
 */
#ifndef SYSTRACE_SIGHT_H
#define SYSTRACE_SIGHT_H

#include "symbolizer/unwind/unwinder.h"

/* What is known of fp at a frame. */
enum memo_fp sight_fp(const struct position *at);

/* The word of the stack at an address, and notes it: 0 unless it points to code. False: there is no
 * more to see. */
bool sight_look(struct unwinder *unwinder, const struct position *at, enum sight_place place,
                uint64_t address, uint64_t *ret);

enum { CODE_WORDS_MAX = 8 };

/* Notes so many 8-byte words of memory from an address on: of code made at run time, or a variable
 * with a function's address. */
void sight_note_memory(struct unwinder *unwinder, uint64_t address, uint32_t words);

/* Forgets what was noted from number `first` on of the return address that was found at `address`:
 * it decides by itself. */
void sight_forget(struct unwinder *unwinder, uint32_t first, const struct position *at,
                  uint64_t address);

/* Would a guess at this frame see the same as when the node was added? */
bool sight_same(struct unwinder *unwinder, const struct memo *memo, const struct memo_node *node,
                const struct position *at);

#endif
