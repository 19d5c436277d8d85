/*
 * rejoin.h - records walks over deep stacks as trails (trail.h), and ends the next ones where they
 * come to one.
 */
#ifndef SYSTRACE_REJOIN_H
#define SYSTRACE_REJOIN_H

#include "symbolizer/unwind/unwinder.h"

/* A walk begins that is recorded, and may come to a trail of the present code; and it is no more.
 */
void rejoin_begin(struct unwinder *unwinder);
void rejoin_end(struct unwinder *unwinder);

/* The walk has come to this frame, and entered it. True: all beyond it is known, it is the stack
 * unwinder->joined. */
bool rejoin_trail(struct unwinder *unwinder, const struct position *at, enum trail_frame frame);

/* Records the frame to which the walk has come, as the innermost so far if addresses do not decide
 * on how it was entered (`settled`). */
void rejoin_note_frame(struct unwinder *unwinder, const struct position *at, enum trail_frame frame,
                       bool settled);

/* Records the step outwards from it, by the row of the site or otherwise. */
void rejoin_note_step(struct unwinder *unwinder, const struct site *site, bool by_row,
                      const struct position *from, const struct position *at);

/* Adds the frames of the walk to the stacks, within `outer`. The number of the whole; -ENOMEM. */
int64_t rejoin_add_frames(struct unwinder *unwinder, uint32_t outer);

/* The walk is over, and its frames have been added. Is the stack known by a trail from now on? */
bool rejoin_store(struct unwinder *unwinder);

#endif
