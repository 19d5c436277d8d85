/* bisect.h - binary search. */
#ifndef SYSTRACE_BISECT_H
#define SYSTRACE_BISECT_H

#include <stddef.h>

/*
 * How many of `count` elements, which are in order, come before what is searched for: the number of
 * the first that does not. `before` is an expression that says so of the element number `i`.
 * (libc's bsearch(3) finds equal ones alone, and of several any.)
 *
 *     first = BISECT(i, people->count, people->all[i].age < 18);
 */
#define BISECT(i, count, before)                        \
    ({                                                  \
        size_t low_ = 0, high_ = (count);               \
        while (low_ < high_) {                          \
            const size_t i = low_ + (high_ - low_) / 2; \
            if (before)                                 \
                low_ = i + 1;                           \
            else                                        \
                high_ = i;                              \
        }                                               \
        low_;                                           \
    })

#endif
