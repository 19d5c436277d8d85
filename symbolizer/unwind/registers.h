/*
 * registers.h - the registers of the frame to which a walk has come. Rows keep to pc, sp and fp.
 * The others are found when one is asked for: the frames that the walk has passed are noted, and
 * then what each of them saved is read from its rules, from the innermost outwards, once for each
 * frame. With them, the rules of any frame can be followed, also where its row is hard.
 */
#ifndef SYSTRACE_REGISTERS_H
#define SYSTRACE_REGISTERS_H

#include "symbolizer/unwind/unwinder.h"

void registers_deinit(struct registers *registers);

/* A walk begins. */
void registers_begin(struct registers *registers);

/* It goes on from a frame that has these. */
void registers_set(struct registers *registers, const struct value values[REGISTER_COUNT]);

/* A step by a row of this kind has led from `from`, in the frame whose site is `address`, to `to`.
 */
void registers_follow(struct registers *registers, enum row_kind kind, uint64_t address,
                      const struct position *from, const struct position *to);

/* Another step has led to `to`, of which no more is known. */
void registers_lose(struct registers *registers, const struct position *to);

/* Is the walk where it began, or where a signal interrupted? */
bool registers_at_origin(const struct registers *registers);

/* A register of the frame at `at`: STEP_OUT, or why it is not known. */
enum step registers_find(struct unwinder *unwinder, struct position *at, unsigned number,
                         uint64_t *ret);

/* All of them, as far as they are known. */
void registers_list(struct unwinder *unwinder, struct position *at,
                    struct value ret[REGISTER_COUNT]);

/* Steps outwards by all the rules of the frame at `at`. */
enum step registers_step(struct unwinder *unwinder, const struct frame_rules *rules,
                         struct position *at);

/* All of a thread's, which are known. */
void registers_split(const struct registerset *registers, struct value ret[REGISTER_COUNT]);

#endif
