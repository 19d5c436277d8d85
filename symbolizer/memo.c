/* memo.c - a trie in one array: a path lies in one piece, and a hash leads to where others branch
 * off. */
#include "memo.h"

#include <stdlib.h>

enum { FIRST_NODES = 256, FIRST_SLOTS = 64 };

void memo_deinit(struct memo *memo)
{
    free(memo->nodes);
    free(memo->slots);
    *memo = (struct memo){ 0 };
}

/* The slot of a node, or the empty one where it belongs. There is always an empty one. */
static uint32_t *find_slot(const struct memo *memo, uint32_t inner, uint64_t address)
{
    uint32_t mask = memo->slot_count - 1;
    uint32_t i = (uint32_t)(((address ^ (uint64_t)inner << 32) * 0x9e3779b97f4a7c15u) >> 32) & mask;

    for (; memo->slots[i]; i = (i + 1) & mask) {
        const struct memo_node *node = &memo->nodes[memo->slots[i] - 1];
        if (node->address == address && node->inner == inner)
            break;
    }
    return &memo->slots[i];
}

uint32_t memo_find(const struct memo *memo, uint32_t inner, uint64_t address)
{
    uint32_t behind = inner + 1;

    if (behind < memo->count && memo->nodes[behind].address == address &&
        memo->nodes[behind].inner == inner)
        return behind;
    /* An empty slot says 0: no node. */
    return memo->slot_count ? *find_slot(memo, inner, address) - 1 : MEMO_NONE;
}

static bool make_slots(struct memo *memo)
{
    struct memo larger = *memo;

    larger.slot_count = memo->slot_count ? 2 * memo->slot_count : FIRST_SLOTS;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (uint32_t i = 0; i < memo->slot_count; i++) {
        if (memo->slots[i]) {
            const struct memo_node *node = &memo->nodes[memo->slots[i] - 1];
            *find_slot(&larger, node->inner, node->address) = memo->slots[i];
        }
    }
    free(memo->slots);
    *memo = larger;
    return true;
}

/* Room for `depth` nodes and a slot. */
static bool make_room(struct memo *memo, uint32_t depth)
{
    uint32_t capacity = memo->capacity ? memo->capacity : FIRST_NODES;

    while (capacity - memo->count < depth)
        capacity *= 2;
    if (capacity > memo->capacity) {
        struct memo_node *nodes = reallocarray(memo->nodes, capacity, sizeof(*nodes));
        if (!nodes)
            return false;
        memo->nodes = nodes;
        memo->capacity = capacity;
    }
    return 2 * (memo->slotted + 1) <= memo->slot_count || make_slots(memo);
}

/* Adds frames beyond `inner`, all new. */
static void append(struct memo *memo, uint32_t inner, const struct memo_node *path, uint32_t depth,
                   uint32_t stack)
{
    *find_slot(memo, inner, path->address) = memo->count + 1;
    memo->slotted++;
    for (uint32_t i = 0; i < depth; i++) {
        struct memo_node *node = &memo->nodes[memo->count + i];
        *node = path[i];
        node->inner = i ? memo->count + i - 1 : inner;
        node->stack = i + 1 == depth ? stack : MEMO_NONE;
    }
    memo->count += depth;
}

void memo_add(struct memo *memo, uint32_t root, const struct memo_node *path, uint32_t depth,
              uint32_t stack)
{
    uint32_t inner = root, known = 0, next;

    if (memo->count + depth > MEMO_NODES_MAX)
        memo_deinit(memo);
    while (known < depth && (next = memo_find(memo, inner, path[known].address)) != MEMO_NONE) {
        inner = next;
        known++;
    }
    /* (Where a stack ends, none goes on: its addresses decide how it ends.) */
    if (known < depth && (inner >= MEMO_ROOT || memo->nodes[inner].stack == MEMO_NONE) &&
        make_room(memo, depth - known))
        append(memo, inner, path + known, depth - known, stack);
}
