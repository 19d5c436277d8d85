/* graph.c - who calls whom, added up over all stacks. What a stack has is what the one beyond its
 * innermost frame has, and most often no more: sets of edges are shared, as those of libraries are.
 */
#include "graph.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "record/syscalls.h"
#include "report/libraryset.h"
#include "report/sysclass.h"

/* The way from the outermost library to the last one that is no runtime library. */
struct way {
    uint32_t edges; /* a set, of numbers of edges */
    uint32_t last;  /* library; NOBODY */
};

#define NOBODY UINT32_MAX

/* Edges, or uses, on their way to the graph: each once. */
struct edges {
    struct graph_edge *all;
    size_t count, capacity;
    struct slots slots;
};

struct builder {
    const struct callers *callers;
    struct run *run;
    struct edges edges, uses;
    struct library_sets sets; /* of edges */
    uint64_t *calls;          /* by set */
    struct ways {
        struct way all, own; /* by all the frames, and by those inside the first of a spawner */
    } * ways;                /* by stack */
    struct values classes;
};

/* The number of the edge, added if new. */
static int64_t find_edge(struct edges *edges, uint32_t from, uint32_t to)
{
    uint64_t hash = slots_mix(slots_mix(0, from), to);
    uint32_t found =
        SLOTS_FIND(i, &edges->slots, hash, edges->all[i].from == from && edges->all[i].to == to);

    if (found != SLOTS_NONE)
        return found;
    if (!ARRAY_ROOM(edges->all, edges->count, edges->capacity) ||
        slots_add(&edges->slots, hash, (uint32_t)edges->count))
        return -ENOMEM;
    edges->all[edges->count] = (struct graph_edge){ .from = from, .to = to };
    return (int64_t)edges->count++;
}

/* ---- Stacks ---- */

static const struct way nowhere = { LIBRARY_SET_EMPTY, NOBODY };

/* One function further in. */
static int go(struct builder *builder, struct way *way, uint32_t library)
{
    if (callers_is_runtime(builder->callers, library) || library == way->last)
        return 0;
    if (way->last != NOBODY) {
        int64_t edge = find_edge(&builder->edges, way->last, library);
        int64_t set =
            edge < 0 ? edge : library_sets_add(&builder->sets, way->edges, (uint32_t)edge);
        if (set < 0)
            return (int)set;
        way->edges = (uint32_t)set;
    }
    way->last = library;
    return 0;
}

/* The functions of the innermost frame, the outermost first; as callers.c takes them. */
static int go_frame(struct builder *builder, struct way *way, uint32_t stack)
{
    const struct frame *frame = &builder->run->stacks.stacks[stack].frame;
    const struct inlined *inlined;
    size_t count = frame->marks & FRAME_TAIL
                       ? 0
                       : run_find_inlined(builder->run, frame->module, frame->offset, &inlined);
    int error =
        go(builder, way,
           callers_library(builder->callers, (struct caller_function){ stack, CALLER_FRAME }));

    while (count-- && !error)
        error = go(
            builder, way,
            callers_library(builder->callers, (struct caller_function){ stack, (uint32_t)count }));
    return error;
}

/* What a signal interrupted has called nothing. */
static int learn(struct builder *builder, uint32_t number)
{
    const struct stack *stack = &builder->run->stacks.stacks[number];
    struct ways *ways = &builder->ways[number];
    int error;

    *ways = builder->ways[stack->outer];
    if (stack->frame.marks & FRAME_SIGNAL)
        ways->all = ways->own = nowhere;
    error = go_frame(builder, &ways->all, number);
    if (stack->frame.marks & FRAME_SPAWNED_BY)
        ways->own = nowhere;
    else if (!error)
        error = go_frame(builder, &ways->own, number);
    return error;
}

static int learn_all(struct builder *builder)
{
    int error = 0;

    builder->ways = calloc(builder->run->stacks.count, sizeof(*builder->ways));
    if (!builder->ways)
        return -ENOMEM;
    for (uint32_t i = 0; i < builder->run->stacks.count && !error; i++)
        if (i < STACK_ENDS)
            builder->ways[i] = (struct ways){ nowhere, nowhere };
        else
            error = learn(builder, i);
    return error;
}

/* ---- Calls ---- */

static int64_t class_of(struct builder *builder, enum abi abi, uint32_t nr)
{
    char name[SYSCALL_NAME_MAX];

    if (!syscall_name(abi, nr, name))
        return -ENOMEM;
    return values_add(&builder->classes, strdup(sysclass_of(name)));
}

static int add_count(struct builder *builder, const struct count *count)
{
    const struct caller *caller = callers_known(builder->callers, count->stack);
    const struct ways *ways = &builder->ways[count->stack];
    int64_t class = class_of(builder, (enum abi)count->abi, count->nr);
    int64_t use = class < 0 ? class : find_edge(&builder->uses, caller->library, (uint32_t) class);

    if (use < 0)
        return (int)use;
    builder->uses.all[use].calls += count->calls;
    builder->calls[caller->verdict.own ? ways->own.edges : ways->all.edges] += count->calls;
    return 0;
}

/* Each edge has the calls of all sets that it is in. */
static int add_calls(struct builder *builder)
{
    const struct run *run = builder->run;
    int error = 0;

    builder->calls = calloc(builder->sets.count, sizeof(*builder->calls));
    if (!builder->calls)
        return -ENOMEM;
    for (size_t i = 0; i < run->count_count && !error; i++)
        error = add_count(builder, &run->counts[i]);
    for (size_t i = 0; i < builder->sets.count && !error; i++)
        for (size_t set = i; builder->calls[i] && set != LIBRARY_SET_EMPTY;
             set = builder->sets.sets[set].rest)
            builder->edges.all[builder->sets.sets[set].library].calls += builder->calls[i];
    return error;
}

/* ---- The whole ---- */

static int compare_edges(const void *a, const void *b)
{
    const struct graph_edge *left = a, *right = b;

    if (left->from != right->from)
        return left->from < right->from ? -1 : 1;
    return (left->to > right->to) - (left->to < right->to);
}

/* Takes them over: those that have calls, for a selection leaves stacks without any. */
static size_t finish(struct edges *edges, struct graph_edge **ret)
{
    size_t kept = 0;

    for (size_t i = 0; i < edges->count; i++)
        if (edges->all[i].calls)
            edges->all[kept++] = edges->all[i];
    if (kept)
        qsort(edges->all, kept, sizeof(*edges->all), compare_edges);
    *ret = edges->all;
    edges->all = NULL;
    return kept;
}

static void deinit(struct builder *builder)
{
    free(builder->edges.all);
    free(builder->uses.all);
    slots_deinit(&builder->edges.slots);
    slots_deinit(&builder->uses.slots);
    library_sets_deinit(&builder->sets);
    values_deinit(&builder->classes);
    free(builder->calls);
    free(builder->ways);
}

int graph_init(struct graph *graph, const struct table *table)
{
    struct builder builder = { .callers = &table->callers, .run = table->callers.run };
    int error = library_sets_init(&builder.sets);

    if (error)
        return error;
    error = learn_all(&builder);
    if (!error)
        error = add_calls(&builder);
    if (!error) {
        graph->edge_count = finish(&builder.edges, &graph->edges);
        graph->use_count = finish(&builder.uses, &graph->uses);
        graph->classes = builder.classes;
        builder.classes = (struct values){ 0 };
    }
    deinit(&builder);
    return error;
}

void graph_deinit(struct graph *graph)
{
    free(graph->edges);
    free(graph->uses);
    values_deinit(&graph->classes);
}
