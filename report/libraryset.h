/*
 * libraryset.h - sets of libraries, each kept once: that of a stack is that of the stack beyond its
 * innermost frame, with one more library or, most often, with none.
 */
#ifndef SYSTRACE_LIBRARYSET_H
#define SYSTRACE_LIBRARYSET_H

#include <stddef.h>
#include <stdint.h>

/* In place of the number of a set: */
#define LIBRARY_SET_EMPTY 0

struct library_sets {
    struct library_set {
        uint32_t library;
        uint32_t rest; /* number of the set of the others; all sets lead to the empty one */
    } * sets;
    size_t count, capacity;
    struct library_sum { /* what came of adding a library to a set; a hash, open-addressed */
        uint32_t set, library;
        uint32_t sum; /* number + 1 of the set; 0: free */
    } * sums;
    size_t sum_count, sum_slots;
};

/* Only the empty set. -ENOMEM. */
int library_sets_init(struct library_sets *sets);
void library_sets_deinit(struct library_sets *sets);

/* The number of the set with this library in it, too. -ENOMEM. */
int64_t library_sets_add(struct library_sets *sets, uint32_t set, uint32_t library);

#endif
