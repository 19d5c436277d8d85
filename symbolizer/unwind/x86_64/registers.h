/*
 * registers.h - the registers of the frame to which a walk has come. Rows keep to rip, rsp and rbp.
 * The others are found when one is asked for: the frames that the walk has passed are noted, and
 * then what each of them saved is read from its rules, from the innermost outwards, once for each
 * frame. With them, the rules of any frame can be followed, also where its row is hard.
 */
#ifndef SYSTRACE_REGISTERS_H
#define SYSTRACE_REGISTERS_H

#include <stddef.h>
#include <sys/user.h>
#include "symbolizer/image/row.h"
#include "symbolizer/unwind/step.h"

struct unwinder;

/* Registers by DWARF's numbers, and the flags. */
enum { REGISTER_FLAGS = DWARF_REGISTERS, REGISTER_COUNT };

struct value {
    bool known;
    uint64_t value;
};

struct registers {
    enum {
        REGISTERS_START,       /* all were known at the start of the walk: unwinder->start */
        REGISTERS_INTERRUPTED, /* all are in the kernel's signal frame */
        REGISTERS_LOST,        /* none but rsp, and perhaps rbp */
    } origin;
    struct value origin_word; /* REGISTERS_INTERRUPTED: where the signal frame is; _LOST: rbp */
    struct passed {           /* frames since, that CFI led out of */
        uint64_t address;     /* of the site */
        uint64_t ip, sp;
    } * passed;
    size_t count, capacity;

    /* Where they are that the frame passed[reached] had, or the one at which the walk is. */
    bool found; /* else nobody asked yet */
    size_t reached;
    struct saved {
        enum { SAVED_NOWHERE, SAVED_VALUE, SAVED_AT } kind;
        uint64_t value; /* or its address */
    } saved[REGISTER_COUNT];
};

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

/* Takes a tracee's registers apart. */
void registers_split(const struct user_regs_struct *registers, struct value ret[REGISTER_COUNT]);

/* The kernel's place for a register in its signal frame (sigframe.h). */
uint64_t registers_signal_offset(unsigned number);

#endif
