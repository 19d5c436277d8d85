/* memo.c - a trie in one array: a path lies in one piece, and a hash leads to where others branch
 * off. */
#include "memo.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"

void memo_deinit(struct memo *memo)
{
    free(memo->nodes);
    slots_deinit(&memo->slots);
    free(memo->sights);
    *memo = (struct memo){ 0 };
}

static uint64_t hash_node(uint32_t inner, uint64_t address)
{
    return slots_mix(inner, address);
}

uint32_t memo_find(const struct memo *memo, uint32_t inner, uint64_t address)
{
    uint32_t behind = inner + 1;

    if (behind < memo->count && memo->nodes[behind].address == address &&
        memo->nodes[behind].inner == inner)
        return behind;
    return SLOTS_FIND(i, &memo->slots, hash_node(inner, address),
                      memo->nodes[i].address == address && memo->nodes[i].inner == inner);
}

static bool same_sight(const struct memo_sight *a, const struct memo_sight *b)
{
    return a->place == b->place && a->count == b->count && a->at == b->at && a->word == b->word;
}

/* Is this node the frame of the path? */
static bool is_same(const struct memo *memo, const struct memo_node *node,
                    const struct memo_node *frame, const struct memo_sight *sights)
{
    if (node->guessed != frame->guessed || node->fp != frame->fp ||
        node->sight_count != frame->sight_count)
        return false;
    for (uint32_t i = 0; i < node->sight_count; i++) {
        if (!same_sight(&memo->sights[node->sights + i], &sights[frame->sights + i]))
            return false;
    }
    return true;
}

/* The node of the next frame of a path, or MEMO_NONE; then *last is the last one of those that were
 * guessed otherwise, if there are any, and *others how many. */
static uint32_t find_same(const struct memo *memo, uint32_t inner, const struct memo_node *frame,
                          const struct memo_sight *sights, uint32_t *last, uint32_t *others)
{
    uint32_t node = memo_find(memo, inner, frame->address);

    *last = MEMO_NONE;
    *others = 0;
    while (node != MEMO_NONE && !is_same(memo, &memo->nodes[node], frame, sights)) {
        *last = node;
        ++*others;
        node = memo->nodes[node].other;
    }
    return node;
}

/* False: no memory. */
static bool append_sights(struct memo *memo, struct memo_node *node,
                          const struct memo_sight *sights)
{
    if (!ARRAY_ROOM_FOR(node->sight_count, memo->sights, memo->sight_count, memo->sight_capacity))
        return false;
    if (node->sight_count)
        memcpy(memo->sights + memo->sight_count, sights + node->sights,
               node->sight_count * sizeof(*sights));
    node->sights = (uint32_t)memo->sight_count;
    memo->sight_count += node->sight_count;
    return true;
}

/* Adds frames beyond `inner`, all new; the first beside `last`, if that is one. */
static void append(struct memo *memo, uint32_t inner, uint32_t last, const struct memo_node *path,
                   uint32_t depth, const struct memo_sight *sights, uint32_t stack)
{
    const uint32_t first = memo->count;

    for (uint32_t i = 0; i < depth; i++) {
        struct memo_node *node = &memo->nodes[first + i];
        *node = path[i];
        node->inner = i ? first + i - 1 : inner;
        node->stack = i + 1 == depth ? stack : MEMO_NONE;
        node->other = MEMO_NONE;
        if (!append_sights(memo, node, sights))
            return;
    }
    if (last != MEMO_NONE)
        memo->nodes[last].other = first;
    else if (slots_add(&memo->slots, hash_node(inner, path->address), first))
        return;
    memo->count += depth;
}

void memo_add(struct memo *memo, uint32_t root, const struct memo_node *path, uint32_t depth,
              const struct memo_sight *sights, uint32_t stack)
{
    uint32_t inner = root, known = 0, next, last = MEMO_NONE, others = 0;

    if (memo->count + depth > MEMO_NODES_MAX || memo->sight_count > MEMO_SIGHTS_MAX)
        memo_deinit(memo);
    while (known < depth &&
           (next = find_same(memo, inner, &path[known], sights, &last, &others)) != MEMO_NONE) {
        inner = next;
        known++;
    }
    /* (Where a stack ends, none goes on: its addresses decide how it ends.) */
    if (known < depth && others < MEMO_OTHERS_MAX &&
        (inner >= MEMO_ROOT || memo->nodes[inner].stack == MEMO_NONE) &&
        ARRAY_ROOM_FOR(depth - known, memo->nodes, memo->count, memo->capacity))
        append(memo, inner, last, path + known, depth - known, sights, stack);
}
