/*
 * reference.h - steps from frame to frame by libunwind, as the independent reference for the rows
 * (--verify).
 */
#ifndef SYSTRACE_REFERENCE_H
#define SYSTRACE_REFERENCE_H

#include "symbolizer/unwind/unwinder.h"

/* 0 or -ENOMEM. */
int reference_init(struct unwinder *unwinder);
void reference_deinit(struct unwinder *unwinder);

/* Begins at the innermost frame, with the registers in unwinder->start. False: no memory. */
bool reference_begin(struct unwinder *unwinder, const struct site *site);

/* Steps outwards from the frame at `site`, where the cursor is. */
enum step reference_step(struct unwinder *unwinder, const struct site *site, struct position *at);

/* The walk has made a step without its cursor, by which no register is known but ip, sp and
 * perhaps fp. */
void reference_lose(struct unwinder *unwinder);

#endif
