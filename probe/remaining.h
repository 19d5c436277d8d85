/*
 * remaining.h - one line on a terminal: which run it is, how many are left, and how long that will
 * take.
 */
#ifndef SYSTRACE_REMAINING_H
#define SYSTRACE_REMAINING_H

#include <stdbool.h>
#include <stdint.h>

struct remaining {
    bool shows;     /* stderr is a terminal, and the line is wanted */
    bool at_most;   /* `left` is a bound */
    uint64_t begun; /* nanoseconds, of the first of these runs; 0: there was none */
    uint64_t made, left;
    char *what; /* owned: the run that is being made; NULL: none yet */
};

/* A run begins: `what` is text (escape.h). */
void remaining_begin(struct remaining *remaining, const char *what);

/* Draws the line anew, or takes it away. */
void remaining_draw(const struct remaining *remaining);
void remaining_end(struct remaining *remaining);

#endif
