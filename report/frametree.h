/*
 * frametree.h - the stacks of a run as a tree of named frames, the outermost at the root: what a
 * flame graph draws. Functions that the compiler put into others have nodes of their own; places
 * that are in one function, called from the same node, are one node.
 */
#ifndef SYSTRACE_FRAMETREE_H
#define SYSTRACE_FRAMETREE_H

#include <stddef.h>
#include <stdint.h>
#include "record/slots.h"
#include "report/keys.h"

/* What a node is called: numbers of the texts in keys.values. */
struct frame_label {
    uint32_t library;  /* as label.h has it; "" of the reason why a stack is incomplete */
    uint32_t function; /* "module+0x12" of one without a name */
};

/* Beside enum frame_mark: a function that was put into another. */
enum { FRAMETREE_INLINED = 1 << 8 };

struct frame_node {
    uint32_t parent; /* less than the node's own number */
    uint32_t label;
    uint32_t marks;
};

/* Node 0 is the root, which is no frame and has no label of meaning. */
struct frametree {
    struct frame_label *labels;
    size_t label_count, label_capacity;
    struct frame_node *nodes;
    size_t node_count, node_capacity;
    uint32_t *of_stacks; /* the node of each stack with calls: its innermost frame's */

    struct slots label_slots, node_slots; /* private */
    uint32_t *of_symbols;                 /* private: by symbol, label + 1 */
};

/* Of all stacks that have calls; the texts go to `keys`. -ENOMEM: as after frametree_deinit(). */
int frametree_init(struct frametree *tree, struct keys *keys);
void frametree_deinit(struct frametree *tree);

#endif
