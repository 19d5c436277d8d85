/* trie.c - follows a path of the memo from its innermost frame outwards. */
#include "trie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/fnv.h"

enum { BESIDE_MAX = 256 }; /* nodes that are looked through, one after the other */

/* What leads to something, or is all that is to be seen of a change. */
static void publish(uint32_t *at, uint32_t value)
{
    __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

int trie_init(struct trie *trie, struct block_table *table, uint64_t *counters)
{
    *trie = (struct trie){ .table = table, .counters = counters };
    trie->all = calloc(BLOCK_STACKS, sizeof(*trie->all));
    trie_renew(trie);
    return trie->all ? 0 : -ENOMEM;
}

void trie_deinit(struct trie *trie)
{
    free(trie->all);
}

void trie_forget(struct trie *trie)
{
    for (uint32_t i = 0; i < BLOCK_SITES; i++)
        publish(&trie->table->sites[i].first, 0);
    trie->forgotten = true;
}

void trie_renew(struct trie *trie)
{
    memset(trie->counters, 0, trie->count * sizeof(*trie->counters));
    publish(&trie->table->generation, ++trie->generation);
    trie->nodes = 1;
    trie->variables = trie->count = 0;
    trie->forgotten = false;
}

/* ---- Adding ---- */

static bool is_simple_step(const struct row *row)
{
    return row->kind == ROW_CFA_SP || row->kind == ROW_CFA_FP || row->kind == ROW_GO;
}

/* Must fp be known before a step, if it must be behind it, or not (`needed`)? Negative: it is lost
 * by the step. */
static int needs_fp(const struct row *row, bool needed)
{
    if (row->kind == ROW_GO)
        return needed ? -1 : 0;
    return row->kind == ROW_CFA_FP || (needed && !row->fp_offset);
}

/* One variable at most, in a word of its own. */
static bool are_simple_sights(const struct memo *memo, const struct memo_node *node)
{
    const struct memo_sight *sight = &memo->sights[node->sights];

    return !node->sight_count || (node->sight_count == 1 && sight->place == SIGHT_MEMORY &&
                                  sight->count == 1 && sight->at % 8 == 0);
}

static bool is_simple(const struct memo *memo, const struct memo_node *node, bool leaf)
{
    return (leaf || is_simple_step(&node->row)) && !node->uncalled && !node->guessed &&
           node->other == MEMO_NONE && are_simple_sights(memo, node) &&
           (leaf || node->progress != PROGRESS_ANY);
}

/* How many frames; 0: one of them is not simple. */
static uint32_t measure(const struct memo *memo, uint32_t leaf)
{
    uint32_t depth = 1;
    int fp = 0;

    for (uint32_t i = leaf; is_simple(memo, &memo->nodes[i], i == leaf); depth++) {
        fp = i == leaf ? 0 : needs_fp(&memo->nodes[i].row, fp);
        if (fp < 0)
            return 0;
        i = memo->nodes[i].inner;
        if (i >= MEMO_ROOT)
            return depth;
    }
    return 0;
}

/* The number of the variable that the memo's node has seen, + 1; 0: it has seen none; negative: it
 * has another value by now, or there is no room. */
static int add_variable(struct trie *trie, const struct memo *memo, const struct memo_node *node,
                        const struct target *target)
{
    const struct memo_sight *sight = &memo->sights[node->sights];
    uint64_t word;

    if (!node->sight_count)
        return 0;
    if (target_read_all(target, sight->at, &word, sizeof(word)) ||
        fnv_bytes((const uint8_t *)&word, sizeof(word)) != sight->word)
        return -1;
    for (uint32_t i = 0; i < trie->variables; i++) {
        const struct block_variable *v = &trie->table->variables[i];
        if (v->address == sight->at && v->word == word)
            return (int)i + 1;
    }
    if (trie->variables == BLOCK_VARIABLES)
        return -1;
    trie->table->variables[trie->variables++] = (struct block_variable){ sight->at, word };
    return (int)trie->variables;
}

/* The node for a frame of the memo, in the list that begins with `*first`, or added to it. 0: there
 * is none. */
static uint32_t enter(struct trie *trie, const struct memo *memo, const struct memo_node *from,
                      const struct target *target, uint64_t address, uint32_t *first)
{
    struct block_node *nodes = trie->table->nodes;
    uint32_t beside = 0;

    int variable = add_variable(trie, memo, from, target);
    for (uint32_t i = *first; i && i < trie->nodes && beside < BESIDE_MAX; i = nodes[i].beside) {
        if (nodes[i].address == address)
            return nodes[i].variable == variable ? i : 0;
        beside++;
    }
    if (trie->nodes == BLOCK_NODES || beside == BESIDE_MAX || variable < 0)
        return 0;
    nodes[trie->nodes] = (struct block_node){
        .address = address,
        .cfa_offset = from->row.cfa_offset,
        .fp_offset = from->row.kind == ROW_GO ? 0 : from->row.fp_offset,
        .by_fp = from->row.kind == ROW_CFA_FP,
        .beside = *first,
        .variable = (uint16_t)variable,
    };
    publish(first, trie->nodes);
    return trie->nodes++;
}

/* The memo's nodes of the path, innermost first. */
static void list(const struct memo *memo, uint32_t leaf, uint32_t depth, uint32_t *ret)
{
    for (uint32_t i = leaf; depth; i = memo->nodes[i].inner)
        ret[--depth] = i;
}

static enum trie_added add_path(struct trie *trie, const struct memo *memo, const uint32_t *path,
                                uint32_t depth, const struct target *target, uint32_t site,
                                uint32_t nr, uint32_t stack)
{
    uint32_t *list_of = &trie->table->sites[site].first, node = 0;

    for (uint32_t i = 0; i < depth; i++) {
        const struct memo_node *from = &memo->nodes[path[i]];
        node = enter(trie, memo, from, target, i ? from->address : nr, list_of);
        if (!node || (i + 1 < depth && trie->table->nodes[node].counter))
            return TRIE_REFUSED;
        list_of = &trie->table->nodes[node].outer;
    }
    if (trie->table->nodes[node].counter)
        return TRIE_KNOWN;
    if (trie->count == BLOCK_STACKS)
        return TRIE_REFUSED;
    trie->all[trie->count++] = (struct trie_counter){ .stack = stack, .nr = nr };
    publish(&trie->table->nodes[node].counter, trie->count);
    return TRIE_ADDED;
}

enum trie_added trie_add(struct trie *trie, const struct memo *memo, uint32_t leaf,
                         const struct target *target, uint32_t site, uint32_t nr, uint32_t stack)
{
    const uint32_t depth = trie->forgotten ? 0 : measure(memo, leaf);
    uint32_t *path = depth ? malloc(depth * sizeof(*path)) : NULL;

    if (!path)
        return TRIE_REFUSED;
    list(memo, leaf, depth, path);
    enum trie_added added = add_path(trie, memo, path, depth, target, site, nr, stack);
    free(path);
    return added;
}

bool trie_is_full(const struct trie *trie)
{
    return trie->count == BLOCK_STACKS || trie->nodes > BLOCK_NODES - 512 ||
           trie->variables == BLOCK_VARIABLES;
}

int64_t trie_take(struct trie *trie, uint32_t counter)
{
    const uint64_t counted = __atomic_load_n(&trie->counters[counter], __ATOMIC_ACQUIRE);
    const uint64_t taken = trie->all[counter].taken;

    trie->all[counter].taken = counted;
    return (int64_t)(counted - taken);
}

void trie_skip(struct trie *trie, uint32_t counter)
{
    trie->all[counter].taken++;
    __atomic_fetch_add(&trie->counters[counter], 1, __ATOMIC_ACQ_REL);
}
