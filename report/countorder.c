/* countorder.c - the counts of a run by their executions, or by their stacks. */
#include "countorder.h"

#include <stdlib.h>

typedef uint32_t part_fn(const struct count *count);

static uint32_t execution_of(const struct count *count)
{
    return count->execution;
}

static uint32_t stack_of(const struct count *count)
{
    return count->stack;
}

static uint32_t *order_by(const struct run *run, part_fn *part, size_t parts)
{
    size_t *next = calloc(parts + 1, sizeof(*next));
    uint32_t *order = calloc(run->count_count + 1, sizeof(*order));

    if (!next || !order) {
        free(next);
        free(order);
        return NULL;
    }
    for (size_t i = 0; i < run->count_count; i++)
        next[part(&run->counts[i]) + 1]++;
    for (size_t i = 1; i < parts; i++)
        next[i] += next[i - 1];
    for (size_t i = 0; i < run->count_count; i++)
        order[next[part(&run->counts[i])]++] = (uint32_t)i;
    free(next);
    return order;
}

uint32_t *counts_by_execution(const struct run *run)
{
    return order_by(run, execution_of, run->execution_count);
}

uint32_t *counts_by_stack(const struct run *run)
{
    return order_by(run, stack_of, run->stacks.count);
}
