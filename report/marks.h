/*
 * marks.h - a set of small numbers that is emptied in no time.
 */
#ifndef SYSTRACE_MARKS_H
#define SYSTRACE_MARKS_H

#include <stdbool.h>
#include <stdint.h>

/* To begin with all numbers are 0; the set is emptied by one more round, the first one too. */
struct marks {
    uint32_t *of; /* by number: the round in which it was marked */
    uint32_t round;
};

/* Was it not marked in this round? */
static inline bool mark(struct marks *marks, uint32_t number)
{
    bool ret = marks->of[number] != marks->round;

    marks->of[number] = marks->round;
    return ret;
}

#endif
