/*
 * calltree.h - the calls of a run by the way that led to them: a tree, outermost frame first, of
 * which each node is a word (a number that the user of it gives each frame: of its place, or of its
 * name), and the calls at its nodes, added up. Pictures of stacks are printed from it.
 *
 * A stack of more than CALLTREE_DEPTH_MAX frames has only that many in it, of its two ends, and a
 * word for those left out between them: else a recursion that makes a call at each level would be
 * as large as the square of its depth. Stacks that differ only in what is left out become one.
 */
#ifndef SYSTRACE_CALLTREE_H
#define SYSTRACE_CALLTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "report/table.h"

enum { CALLTREE_DEPTH_MAX = 512 };

/* Calls with all before `calls` in common. */
struct calltree_sample {
    uint32_t program;
    uint32_t phase;   /* for table_phase_name(); 0 if not told apart, as */
    uint32_t library; /* of the caller: index of callers.libraries */
    uint32_t node;
    uint32_t abi, nr;
    uint64_t calls, errors, nanoseconds;
};

struct calltree {
    const struct table *table; /* borrowed */
    const uint32_t *words;     /* borrowed: of each stack's innermost frame, or of its end */
    uint32_t cut;              /* the word of what is left out */
    struct calltree_node {
        uint32_t outer; /* the node of the caller; the first node, of no word, is the root */
        uint32_t word;
    } * nodes;
    size_t node_count;
    struct calltree_sample *samples; /* in order of their keys */
    size_t sample_count;

    /* Private: */
    size_t node_capacity;
    struct slots slots;  /* of the nodes */
    uint32_t *prefixes;  /* by stack: of a deep one its outermost frames, as a stack */
    uint32_t *of_stacks; /* by stack: its node + 1; 0: not asked for yet */
};

/* `callers`: phases and callers are told apart. -ENOMEM: there is nothing to deinit. */
int calltree_init(struct calltree *tree, const struct table *table, const uint32_t *words,
                  uint32_t cut, bool callers);
void calltree_deinit(struct calltree *tree);

/* The words from a node out to the root, innermost first; how many. */
enum { CALLTREE_PATH_MAX = CALLTREE_DEPTH_MAX + 2 };
size_t calltree_path(const struct calltree *tree, uint32_t node,
                     uint32_t ret[static CALLTREE_PATH_MAX]);

#endif
