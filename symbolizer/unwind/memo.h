/*
 * memo.h - the stacks that were walked before, as a trie: from the system-call instruction outwards
 * by return addresses. Who follows it reads the same words as the walk did, in the same order, and
 * compares every return address; so the answer is as exact as a walk's, as long as the code at
 * these addresses stays the same. No pointers in it, and nothing of the tracer.
 */
#ifndef SYSTRACE_MEMO_H
#define SYSTRACE_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/slots.h"
#include "symbolizer/image/row.h"

enum {
    MEMO_DEPTH_MAX = 1 << 12,  /* of a path; deeper stacks are walked each time */
    MEMO_NODES_MAX = 1 << 18,  /* if there were more, all are forgotten: a program may have ever new
                                  stacks */
    MEMO_SIGHTS_MAX = 1 << 18, /* the same */
    MEMO_OTHERS_MAX = 8,       /* ways in which one frame was guessed; no more are kept */
};

#define MEMO_NONE SLOTS_NONE

/*
 * Something that a guess looked at, and saw (guess.h). Of a word on the stack it sees no more than
 * what code it points to, if any. As long as all that it saw is the same, the guess is.
 */
struct memo_sight {
    enum sight_place {
        SIGHT_FROM_SP, /* `at` is relative to the frame's sp, */
        SIGHT_FROM_FP, /* or fp, in bytes */
        SIGHT_MEMORY, /* it is an address: of code made at run time, which may be made anew, or of a
                     variable with a function's address */
    } place;
    uint32_t count; /* 8-byte words from there on: 1, or more of no code, or unreadable */
    uint64_t at;
    uint64_t word; /* 0: no code; 1: it cannot be read. Of memory, a number for all of it */
};

/* What is known of fp where a guess is made. */
enum memo_fp {
    FP_UNKNOWN,
    FP_ZERO,
    FP_ASTRAY, /* it cannot point to the frame */
    FP_AT_FRAME,
};

/* One frame, on the way from the innermost to it. */
struct memo_node {
    uint64_t address; /* its return address; of an innermost frame, its instruction */
    uint32_t inner;   /* the node of the frame that it called; of an innermost frame, its root */
    uint32_t stack;   /* the number of the whole, if it ends here; else MEMO_NONE */
    struct row row;   /* how to step outwards */
    uint8_t progress; /* enum memo_progress */
    bool uncalled;    /* what the step leads to is no return address of a call */
    bool guessed;     /* the step: for it, this must be as it was: */
    uint8_t fp;       /* enum memo_fp */
    /* What must be as it was, guessed or not; in memo->sights, on a path in those of the walk. */
    uint32_t sights, sight_count;
    uint32_t other; /* the same frame, guessed otherwise; MEMO_NONE */
};

/* What the stack pointer must do in a step outwards, else the stack is no stack. */
enum memo_progress {
    PROGRESS_ANY, /* the frame is one that changes stacks */
    PROGRESS_NONE,
    PROGRESS_SOME,
};

struct memo {
    struct memo_node *nodes;
    uint32_t count;
    size_t capacity;
    /* By (inner, address). The first node beyond another is not there, for it comes right behind
     * that in `nodes`. */
    struct slots slots;
    struct memo_sight *sights;
    size_t sight_count, sight_capacity;
};

/* Forgets everything. */
void memo_deinit(struct memo *memo);

/*
 * The node of the frame beyond `inner`, or MEMO_NONE. For an innermost frame `inner` is what its
 * stack depends on besides addresses: a number from MEMO_ROOT on.
 */
#define MEMO_ROOT (UINT32_C(1) << 31)
uint32_t memo_find(const struct memo *memo, uint32_t inner, uint64_t address);

/* Adds a stack by its frames, `depth` of them, of which `inner`, `stack` and `other` need not be
 * filled in, and what was seen on the way. Without memory for it, it is not known next time. */
void memo_add(struct memo *memo, uint32_t root, const struct memo_node *path, uint32_t depth,
              const struct memo_sight *sights, uint32_t stack);

/* May the stack pointer have gone from `sp` to `next`? */
static inline bool memo_progressed(enum memo_progress progress, uint64_t sp, uint64_t next)
{
    return progress == PROGRESS_ANY || (progress == PROGRESS_SOME ? next > sp : next >= sp);
}

#endif
