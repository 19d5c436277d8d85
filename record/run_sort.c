/* run_sort.c - the canonical order of a run. */
#include "record/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/renumbering.h"

typedef int compare_fn(const void *, const void *);

struct sort_context {
    const char *array;
    size_t size;
    compare_fn *compare;
};

static int compare_numbers(const void *a, const void *b, void *opaque)
{
    const struct sort_context *context = opaque;
    return context->compare(context->array + *(const uint32_t *)a * context->size,
                            context->array + *(const uint32_t *)b * context->size);
}

/* Sorts an array of `count` elements; `to`[old number] is the new one. */
static int sort_array(void *array, size_t count, size_t size, compare_fn *compare, uint32_t *to)
{
    uint32_t *from = calloc(count + 1, sizeof(*from));
    char *copy = calloc(count + 1, size);
    int error = from && copy ? 0 : -ENOMEM;

    if (!error && count) {
        memcpy(copy, array, count * size);
        for (size_t i = 0; i < count; i++)
            from[i] = (uint32_t)i;
        qsort_r(from, count, sizeof(*from), compare_numbers,
                &(struct sort_context){ copy, size, compare });
        for (size_t i = 0; i < count; i++) {
            memcpy((char *)array + i * size, copy + from[i] * size, size);
            to[from[i]] = (uint32_t)i;
        }
    }
    free(from);
    free(copy);
    return error;
}

static int compare_executions(const void *a, const void *b)
{
    return strcmp(((const struct execution *)a)->id, ((const struct execution *)b)->id);
}

static int compare_programs(const void *a, const void *b)
{
    const struct program *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->path, right->path);
}

static int compare_phases(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_modules(const void *a, const void *b)
{
    const struct module *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    if (!order)
        order = strcmp(left->path, right->path);
    return order ? order : strcmp(left->identity, right->identity);
}

static int compare_counts(const void *a, const void *b)
{
    const struct count *left = a, *right = b;
    const uint32_t l[] = { left->execution, left->program, left->phase,
                           left->stack,     left->abi,     left->nr };
    const uint32_t r[] = { right->execution, right->program, right->phase,
                           right->stack,     right->abi,     right->nr };

    for (size_t i = 0; i < sizeof(l) / sizeof(*l); i++)
        if (l[i] != r[i])
            return l[i] < r[i] ? -1 : 1;
    return 0;
}

static int sort_modules(struct run *run, uint32_t *to)
{
    size_t count = run->module_count - MODULE_FIRST;
    int error = sort_array(run->modules + MODULE_FIRST, count, sizeof(*run->modules),
                           compare_modules, to + MODULE_FIRST);
    if (error)
        return error;
    for (uint32_t i = 0; i < MODULE_FIRST; i++)
        to[i] = i;
    for (size_t i = 0; i < count; i++)
        to[MODULE_FIRST + i] += MODULE_FIRST;

    for (size_t i = 0; i < run->symbol_count; i++)
        run->symbols[i].module = to[run->symbols[i].module];
    for (size_t i = 0; i < run->inlined_count; i++)
        run->inlined[i].module = to[run->inlined[i].module];
    for (size_t i = 0; i < run->line_count; i++)
        run->lines[i].module = to[run->lines[i].module];
    run->symbols_sorted = run->inlined_sorted = run->lines_sorted = 0;
    run_sort_symbols(run);
    run_sort_inlined(run);
    run_sort_lines(run);
    run_sort_code(run, to);
    return 0;
}

static void sort_counts(struct run *run, const struct renumbering *to)
{
    for (size_t i = 0; i < run->count_count; i++) {
        struct count *count = &run->counts[i];
        count->execution = to->executions[count->execution];
        count->program = to->programs[count->program];
        count->phase = to->phases[count->phase];
        count->stack = to->stacks[count->stack];
    }
    if (run->count_count)
        qsort(run->counts, run->count_count, sizeof(*run->counts), compare_counts);
    run_index_counts(run);
}

int run_sort(struct run *run)
{
    struct renumbering to;
    int error = renumbering_init(&to, run);
    if (error)
        return error;

    error = sort_modules(run, to.modules);
    if (!error)
        error = stacks_sort(&run->stacks, to.modules, to.stacks);
    if (!error)
        error = sort_array(run->programs, run->program_count, sizeof(*run->programs),
                           compare_programs, to.programs);
    if (!error)
        error = sort_array(run->phases, run->phase_count, sizeof(*run->phases), compare_phases,
                           to.phases);
    if (!error)
        error = sort_array(run->executions, run->execution_count, sizeof(*run->executions),
                           compare_executions, to.executions);
    if (!error)
        sort_counts(run, &to);
    renumbering_deinit(&to);
    return error;
}
