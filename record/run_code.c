/* run_code.c - what a run knows of code beside its functions' names: where functions without a
 * symbol are, and which calls are on loops. */
#include "record/bisect.h"
#include "record/run.h"

#include <errno.h>
#include <stdlib.h>

#include "record/array.h"

int run_add_extent(struct run *run, uint32_t module, uint64_t offset, uint64_t size)
{
    if (!ARRAY_ROOM(run->extents, run->extent_count, run->extent_capacity))
        return -ENOMEM;
    run->extents[run->extent_count++] = (struct extent){ { module, offset }, size };
    return 0;
}

/* By place; of those at one place, the longest first. */
static int compare_extents(const void *a, const void *b)
{
    const struct extent *left = a, *right = b;
    int order = place_compare(&left->start, &right->start);

    return order ? order : (left->size < right->size) - (left->size > right->size);
}

static void sort_extents(struct run *run)
{
    size_t kept = 0;

    if (run->extents_sorted == run->extent_count)
        return;
    qsort(run->extents, run->extent_count, sizeof(*run->extents), compare_extents);
    for (size_t i = 0; i < run->extent_count; i++)
        if (!kept || place_compare(&run->extents[kept - 1].start, &run->extents[i].start))
            run->extents[kept++] = run->extents[i];
    run->extents_sorted = run->extent_count = kept;
}

const struct extent *run_find_extent(struct run *run, uint32_t module, uint64_t offset)
{
    const struct place wanted = { module, offset };

    sort_extents(run);
    size_t after =
        BISECT(i, run->extent_count, place_compare(&run->extents[i].start, &wanted) <= 0);
    const struct extent *extent = after ? &run->extents[after - 1] : NULL;
    return extent && extent->start.module == module && offset - extent->start.offset < extent->size
               ? extent
               : NULL;
}

int run_add_loop(struct run *run, uint32_t module, uint64_t offset, enum loop_kind kind)
{
    if (!ARRAY_ROOM(run->loops, run->loop_count, run->loop_capacity))
        return -ENOMEM;
    run->loops[run->loop_count++] = (struct loop){ { module, offset }, kind };
    return 0;
}

/* By place; of those at one place, the surest first. */
static int compare_loops(const void *a, const void *b)
{
    const struct loop *left = a, *right = b;
    int order = place_compare(&left->place, &right->place);

    return order ? order : (left->kind < right->kind) - (left->kind > right->kind);
}

static void sort_loops(struct run *run)
{
    size_t kept = 0;

    if (run->loops_sorted == run->loop_count)
        return;
    qsort(run->loops, run->loop_count, sizeof(*run->loops), compare_loops);
    for (size_t i = 0; i < run->loop_count; i++)
        if (!kept || place_compare(&run->loops[kept - 1].place, &run->loops[i].place))
            run->loops[kept++] = run->loops[i];
    run->loops_sorted = run->loop_count = kept;
}

enum loop_kind run_find_loop(struct run *run, uint32_t module, uint64_t offset)
{
    const struct place wanted = { module, offset };

    sort_loops(run);
    size_t at = BISECT(i, run->loop_count, place_compare(&run->loops[i].place, &wanted) < 0);
    return at < run->loop_count && !place_compare(&run->loops[at].place, &wanted)
               ? run->loops[at].kind
               : LOOP_UNKNOWN;
}

const char *loop_kind_name(enum loop_kind kind)
{
    static const char *const names[LOOP_KINDS] = {
        [LOOP_LIKELY] = "likely-loop", [LOOP_PROVEN] = "loop"
    };

    return names[kind];
}

void run_sort_code(struct run *run, const uint32_t *to)
{
    for (size_t i = 0; i < run->extent_count; i++)
        run->extents[i].start.module = to[run->extents[i].start.module];
    for (size_t i = 0; i < run->loop_count; i++)
        run->loops[i].place.module = to[run->loops[i].place.module];
    run->extents_sorted = run->loops_sorted = 0;
    sort_extents(run);
    sort_loops(run);
}
