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
#include "symbolizer/row.h"

enum {
    MEMO_DEPTH_MAX = 1 << 12, /* of a path; deeper stacks are walked each time */
    MEMO_NODES_MAX = 1 << 18, /* if there were more, all are forgotten: a program may have ever new
                                 stacks */
};

#define MEMO_NONE UINT32_MAX

/* One frame, on the way from the innermost to it. */
struct memo_node {
    uint64_t address; /* its return address; of an innermost frame, its instruction */
    uint32_t inner;   /* the node of the frame that it called; of an innermost frame, its root */
    uint32_t stack;   /* the number of the whole, if it ends here; else MEMO_NONE */
    struct row row;   /* how to step outwards */
    uint8_t progress; /* enum memo_progress */
    bool uncalled;    /* what the step leads to is no return address of a call */
};

/* What the stack pointer must do in a step outwards, else the stack is no stack. */
enum memo_progress {
    PROGRESS_ANY, /* the frame is one that changes stacks */
    PROGRESS_NONE,
    PROGRESS_SOME,
};

struct memo {
    struct memo_node *nodes;
    uint32_t count, capacity;
    /* Open-addressed hash of node + 1 by (inner, address). The first node beyond another is not in
     * it, for it comes right behind that in `nodes`. */
    uint32_t *slots;
    uint32_t slot_count, slotted;
};

/* Forgets everything. */
void memo_deinit(struct memo *memo);

/*
 * The node of the frame beyond `inner`, or MEMO_NONE. For an innermost frame `inner` is what its
 * stack depends on besides addresses: a number from MEMO_ROOT on.
 */
#define MEMO_ROOT (UINT32_C(1) << 31)
uint32_t memo_find(const struct memo *memo, uint32_t inner, uint64_t address);

/* Adds a stack by its frames, `depth` of them, of which `inner` and `stack` need not be filled in.
 * Without memory for it, it is not known next time. */
void memo_add(struct memo *memo, uint32_t root, const struct memo_node *path, uint32_t depth,
              uint32_t stack);

/* May the stack pointer have gone from `sp` to `next`? */
static inline bool memo_progressed(enum memo_progress progress, uint64_t sp, uint64_t next)
{
    return progress == PROGRESS_ANY || (progress == PROGRESS_SOME ? next > sp : next >= sp);
}

#endif
