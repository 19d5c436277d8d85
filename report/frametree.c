/* frametree.c - the stacks of a run as a tree of named frames. */
#include "frametree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "record/escape.h"
#include "report/label.h"

/* ---- Labels and nodes, each once ---- */

static int64_t find_label(struct frametree *tree, struct frame_label label)
{
    uint64_t key = slots_mix(label.library, label.function);
    uint32_t found = SLOTS_FIND(i, &tree->label_slots, key,
                                tree->labels[i].library == label.library &&
                                    tree->labels[i].function == label.function);

    if (found != SLOTS_NONE)
        return found;
    if (!ARRAY_ROOM(tree->labels, tree->label_count, tree->label_capacity) ||
        slots_add(&tree->label_slots, key, (uint32_t)tree->label_count) < 0)
        return -ENOMEM;
    tree->labels[tree->label_count] = label;
    return (int64_t)tree->label_count++;
}

static int64_t find_node(struct frametree *tree, struct frame_node node)
{
    uint64_t key = slots_mix(slots_mix(node.parent, node.label), node.marks);
    uint32_t found =
        SLOTS_FIND(i, &tree->node_slots, key, !memcmp(&tree->nodes[i], &node, sizeof(node)));

    if (found != SLOTS_NONE)
        return found;
    if (!ARRAY_ROOM(tree->nodes, tree->node_count, tree->node_capacity) ||
        slots_add(&tree->node_slots, key, (uint32_t)tree->node_count) < 0)
        return -ENOMEM;
    tree->nodes[tree->node_count] = node;
    return (int64_t)tree->node_count++;
}

/* Takes over both texts, which are escaped; NULL: no memory. */
static int64_t add_label(struct frametree *tree, struct keys *keys, char *library, char *function)
{
    int64_t first = values_add(&keys->values, library);
    int64_t second = values_add(&keys->values, function);

    if (first < 0 || second < 0)
        return -ENOMEM;
    return find_label(tree, (struct frame_label){ (uint32_t)first, (uint32_t)second });
}

/* ---- Names of frames ---- */

static char *name_library(const struct keys *keys, uint32_t module, const char *component)
{
    return label_library(keys->run->modules[module].name, "", component);
}

static int64_t label_symbol(struct frametree *tree, struct keys *keys, const struct symbol *symbol)
{
    uint32_t *known = &tree->of_symbols[symbol - keys->run->symbols];

    if (!*known) {
        int64_t label = add_label(tree, keys, name_library(keys, symbol->module, symbol->component),
                                  escape(symbol->name));
        if (label < 0)
            return label;
        *known = (uint32_t)label + 1;
    }
    return *known - 1;
}

static int64_t label_nameless(struct frametree *tree, struct keys *keys, uint32_t stack)
{
    const struct frame *frame = &keys->run->stacks.stacks[stack].frame;
    char *raw = keys_function_name(keys, (struct caller_function){ stack, CALLER_FRAME });
    char *name = !raw ? NULL : frame->module == MODULE_START ? strdup("") : escape(raw);

    free(raw);
    return add_label(tree, keys, name_library(keys, frame->module, ""), name);
}

static int64_t label_frame(struct frametree *tree, struct keys *keys, uint32_t stack)
{
    const struct frame *frame = &keys->run->stacks.stacks[stack].frame;
    const struct symbol *symbol = run_find_symbol(keys->run, frame->module, frame->offset);

    return symbol ? label_symbol(tree, keys, symbol) : label_nameless(tree, keys, stack);
}

/* ---- Stacks ---- */

static int64_t add_inlined(struct frametree *tree, struct keys *keys, const struct inlined *inlined,
                           int64_t parent)
{
    int64_t label = add_label(tree, keys, name_library(keys, inlined->module, inlined->component),
                              escape(inlined->name));

    return label < 0 ? label
                     : find_node(tree, (struct frame_node){ (uint32_t)parent, (uint32_t)label,
                                                            FRAMETREE_INLINED });
}

/* The node of the innermost frame of a stack, within that of the stack beyond it. At its start,
 * where a tail frame is, a function has not called what is inlined in it. */
static int64_t add_frame(struct frametree *tree, struct keys *keys, uint32_t stack, uint32_t parent)
{
    const struct frame *frame = &keys->run->stacks.stacks[stack].frame;
    const struct inlined *inlined;
    int64_t label = label_frame(tree, keys, stack);

    if (label < 0)
        return label;
    int64_t node = find_node(tree, (struct frame_node){ parent, (uint32_t)label, frame->marks });
    if (frame->marks & FRAME_TAIL)
        return node;
    size_t count = run_find_inlined(keys->run, frame->module, frame->offset, &inlined);
    while (count-- && node >= 0)
        node = add_inlined(tree, keys, &inlined[count], node);
    return node;
}

/* Stacks without a frame: the root, and what stands for the unknown rest of the incomplete ones. */
static int add_ends(struct frametree *tree, struct keys *keys)
{
    for (uint32_t end = 0; end < STACK_ENDS; end++) {
        int64_t label = add_label(tree, keys, strdup(""), strdup(stack_end_name(end)));
        if (label < 0)
            return (int)label;
        int64_t node = find_node(tree, (struct frame_node){ 0, (uint32_t)label, 0 });
        if (node < 0)
            return (int)node;
        tree->of_stacks[end] = (uint32_t)node;
    }
    return 0;
}

/* Those with calls, and all beyond their innermost frames. */
static bool *find_used(const struct run *run)
{
    bool *used = calloc(run->stacks.count, sizeof(*used));

    for (size_t i = 0; used && i < run->count_count; i++)
        used[run->counts[i].stack] = true;
    for (uint32_t i = run->stacks.count; used && i-- > STACK_ENDS;)
        if (used[i])
            used[run->stacks.stacks[i].outer] = true;
    return used;
}

static int add_stacks(struct frametree *tree, struct keys *keys)
{
    const struct stacks *stacks = &keys->run->stacks;
    bool *used = find_used(keys->run);
    int error = used ? add_ends(tree, keys) : -ENOMEM;

    for (uint32_t i = STACK_ENDS; i < stacks->count && !error; i++) {
        if (!used[i])
            continue;
        int64_t node = add_frame(tree, keys, i, tree->of_stacks[stacks->stacks[i].outer]);
        if (node < 0)
            error = (int)node;
        else
            tree->of_stacks[i] = (uint32_t)node;
    }
    free(used);
    return error;
}

int frametree_init(struct frametree *tree, struct keys *keys)
{
    *tree = (struct frametree){
        .of_stacks = calloc(keys->run->stacks.count, sizeof(*tree->of_stacks)),
        .of_symbols = calloc(keys->run->symbol_count + 1, sizeof(*tree->of_symbols)),
    };
    int error = tree->of_stacks && tree->of_symbols ? add_stacks(tree, keys) : -ENOMEM;

    if (error)
        frametree_deinit(tree);
    return error;
}

void frametree_deinit(struct frametree *tree)
{
    free(tree->labels);
    free(tree->nodes);
    free(tree->of_stacks);
    free(tree->of_symbols);
    slots_deinit(&tree->label_slots);
    slots_deinit(&tree->node_slots);
    *tree = (struct frametree){ 0 };
}
