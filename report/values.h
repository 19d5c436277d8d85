/*
 * values.h - texts as small numbers: each distinct one is kept once, so that keys are compared by
 * their numbers.
 */
#ifndef SYSTRACE_VALUES_H
#define SYSTRACE_VALUES_H

#include <stddef.h>
#include <stdint.h>
#include "record/slots.h"

/* Zeroed, it is empty. */
struct values {
    char **texts; /* by number; owned */
    size_t count, capacity;
    struct slots slots;
};

/* The number of the text, which is taken over (and freed) in any case; NULL, and no memory, are
 * -ENOMEM. */
int64_t values_add(struct values *values, char *text);

void values_deinit(struct values *values);

#endif
