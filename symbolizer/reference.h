/*
 * reference.h - steps from frame to frame by libunwind: for pcs whose row is hard, and as the
 * independent reference for the rows (--verify).
 */
#ifndef SYSTRACE_REFERENCE_H
#define SYSTRACE_REFERENCE_H

#include "symbolizer/unwind.h"

/* Sets up unwinder->uncached. 0 or -ENOMEM. */
int reference_init(struct unwinder *unwinder);

/* Puts unwinder->cursor on the innermost frame. False: no memory. */
bool reference_begin(struct unwinder *unwinder, const struct site *site,
                     const struct user_regs_struct *registers);

/* Steps outwards from the frame at `site`, where the cursor is. */
enum step reference_step(struct unwinder *unwinder, const struct site *site, struct position *at);

/* Frees struct code's unwind_cache, or unwinder->uncached (NULL: nothing). */
void reference_cache_destroy(void *cache);

#endif
