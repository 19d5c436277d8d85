/* calltree.c - the calls of a run as a tree of the ways to them. */
#include "calltree.h"

#include <errno.h>
#include <stdlib.h>
#include "record/array.h"

enum { HALF = CALLTREE_DEPTH_MAX / 2 };

/* ---- Nodes ---- */

static int64_t add_node(struct calltree *tree, uint32_t outer, uint32_t word)
{
    uint64_t hash = slots_mix(slots_mix(0, outer), word);
    uint32_t found = SLOTS_FIND(i, &tree->slots, hash,
                                tree->nodes[i].outer == outer && tree->nodes[i].word == word);

    if (found != SLOTS_NONE)
        return found;
    if (!ARRAY_ROOM(tree->nodes, tree->node_count, tree->node_capacity) ||
        slots_add(&tree->slots, hash, (uint32_t)tree->node_count))
        return -ENOMEM;
    tree->nodes[tree->node_count] = (struct calltree_node){ outer, word };
    return (int64_t)tree->node_count++;
}

/* What is beyond all frames: why there are no more, if they are not all. */
static int64_t node_of_end(struct calltree *tree, uint32_t end)
{
    return end == STACK_COMPLETE ? 0 : add_node(tree, 0, tree->words[end]);
}

/* Of a stack that is not too deep: goes on from the first one outwards that is known. */
static int64_t node_of_short(struct calltree *tree, uint32_t stack)
{
    const struct stack *stacks = tree->table->run->stacks.stacks;
    uint32_t inner[CALLTREE_DEPTH_MAX], count = 0;
    int64_t node;

    for (; stack >= STACK_ENDS && !tree->of_stacks[stack]; stack = stacks[stack].outer)
        inner[count++] = stack;
    node = stack < STACK_ENDS ? node_of_end(tree, stack) : tree->of_stacks[stack] - 1;
    while (count-- && node >= 0) {
        node = add_node(tree, (uint32_t)node, tree->words[inner[count]]);
        if (node >= 0)
            tree->of_stacks[inner[count]] = (uint32_t)node + 1;
    }
    return node;
}

static int64_t node_of_deep(struct calltree *tree, uint32_t stack)
{
    const struct stack *stacks = tree->table->run->stacks.stacks;
    uint32_t inner[HALF], count = 0;
    int64_t node = node_of_short(tree, tree->prefixes[stack]);

    for (; count < HALF; stack = stacks[stack].outer)
        inner[count++] = stack;
    if (node >= 0)
        node = add_node(tree, (uint32_t)node, tree->cut);
    while (count-- && node >= 0)
        node = add_node(tree, (uint32_t)node, tree->words[inner[count]]);
    return node;
}

static int64_t node_of(struct calltree *tree, uint32_t stack)
{
    int64_t node = tree->of_stacks[stack] - (int64_t)1;

    if (node >= 0)
        return node;
    node = tree->table->run->stacks.stacks[stack].depth > CALLTREE_DEPTH_MAX
               ? node_of_deep(tree, stack)
               : node_of_short(tree, stack);
    if (node >= 0)
        tree->of_stacks[stack] = (uint32_t)node + 1;
    return node;
}

static void find_prefixes(struct calltree *tree)
{
    const struct stacks *stacks = &tree->table->run->stacks;

    for (uint32_t i = 0; i < stacks->count; i++)
        tree->prefixes[i] =
            stacks->stacks[i].depth > HALF ? tree->prefixes[stacks->stacks[i].outer] : i;
}

/* ---- Samples ---- */

static int compare(uint32_t left, uint32_t right)
{
    return (left > right) - (left < right);
}

static int compare_samples(const void *a, const void *b)
{
    const struct calltree_sample *left = a, *right = b;
    int ret = compare(left->program, right->program);

    ret = ret ? ret : compare(left->phase, right->phase);
    ret = ret ? ret : compare(left->node, right->node);
    ret = ret ? ret : compare(left->library, right->library);
    ret = ret ? ret : compare(left->abi, right->abi);
    return ret ? ret : compare(left->nr, right->nr);
}

static int take_count(struct calltree *tree, const struct count *count, bool callers)
{
    const struct table *table = tree->table;
    int64_t node = node_of(tree, count->stack);

    if (node < 0)
        return (int)node;
    tree->samples[tree->sample_count++] = (struct calltree_sample){
        .program = count->program,
        .phase = callers ? table_stack_phase(table, count->stack, count->phase) : 0,
        .library = callers ? callers_known(&table->callers, count->stack)->library : 0,
        .node = (uint32_t)node,
        .abi = count->abi,
        .nr = count->nr,
        .calls = count->calls,
        .errors = count->errors,
        .nanoseconds = count->nanoseconds,
    };
    return 0;
}

static void add_up(struct calltree *tree)
{
    size_t kept = 0;

    qsort(tree->samples, tree->sample_count, sizeof(*tree->samples), compare_samples);
    for (size_t i = 0; i < tree->sample_count; i++) {
        const struct calltree_sample *sample = &tree->samples[i];
        struct calltree_sample *last = kept ? &tree->samples[kept - 1] : NULL;
        if (!last || compare_samples(last, sample)) {
            tree->samples[kept++] = *sample;
            continue;
        }
        last->calls += sample->calls;
        last->errors += sample->errors;
        last->nanoseconds = run_sum(last->nanoseconds, sample->nanoseconds);
    }
    tree->sample_count = kept;
}

static int fill(struct calltree *tree, bool callers)
{
    const struct run *run = tree->table->run;
    int error = 0;

    if (!ARRAY_ROOM(tree->nodes, tree->node_count, tree->node_capacity))
        return -ENOMEM;
    tree->nodes[tree->node_count++] = (struct calltree_node){ 0 };
    find_prefixes(tree);
    for (size_t i = 0; i < run->count_count && !error; i++)
        error = take_count(tree, &run->counts[i], callers);
    add_up(tree);
    return error;
}

int calltree_init(struct calltree *tree, const struct table *table, const uint32_t *words,
                  uint32_t cut, bool callers)
{
    const struct run *run = table->run;

    *tree = (struct calltree){
        .table = table,
        .words = words,
        .cut = cut,
        .samples = calloc(run->count_count + 1, sizeof(*tree->samples)),
        .prefixes = calloc(run->stacks.count, sizeof(*tree->prefixes)),
        .of_stacks = calloc(run->stacks.count, sizeof(*tree->of_stacks)),
    };
    int error = tree->samples && tree->prefixes && tree->of_stacks ? fill(tree, callers) : -ENOMEM;
    if (error)
        calltree_deinit(tree);
    return error;
}

void calltree_deinit(struct calltree *tree)
{
    free(tree->nodes);
    free(tree->samples);
    free(tree->prefixes);
    free(tree->of_stacks);
    slots_deinit(&tree->slots);
}

size_t calltree_path(const struct calltree *tree, uint32_t node,
                     uint32_t ret[static CALLTREE_PATH_MAX])
{
    size_t count = 0;

    for (; node; node = tree->nodes[node].outer)
        ret[count++] = tree->nodes[node].word;
    return count;
}
