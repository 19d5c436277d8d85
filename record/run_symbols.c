/* run_symbols.c - the functions of a run: symbols by their ranges, what was inlined at a place, and
 * source lines. */
#include "record/bisect.h"
#include "record/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"

/* ---- Symbols ---- */

int run_add_symbol(struct run *run, uint32_t module, uint64_t offset, uint64_t size,
                   const char *name, const char *component, enum source source)
{
    if (!ARRAY_ROOM(run->symbols, run->symbol_count, run->symbol_capacity))
        return -ENOMEM;
    struct symbol symbol = { module, offset, size, strdup(name), strdup(component), source, 0 };
    if (!symbol.name || !symbol.component) {
        free(symbol.name);
        free(symbol.component);
        return -ENOMEM;
    }
    run->symbols[run->symbol_count++] = symbol;
    return 0;
}

/* By place; of those at one place, the one that stays comes first. */
static int compare_symbols(const void *a, const void *b)
{
    const struct symbol *left = a, *right = b;

    if (left->module != right->module)
        return left->module < right->module ? -1 : 1;
    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    if (left->size != right->size)
        return left->size > right->size ? -1 : 1;
    int order = strcmp(left->name, right->name);
    if (!order)
        order = strcmp(left->component, right->component);
    return order ? order : (left->source > right->source) - (left->source < right->source);
}

static void free_symbol(struct symbol *symbol)
{
    free(symbol->name);
    free(symbol->component);
}

static void drop_doubles(struct run *run)
{
    size_t kept = 0;

    for (size_t i = 0; i < run->symbol_count; i++) {
        struct symbol *symbol = &run->symbols[i];
        if (kept && run->symbols[kept - 1].module == symbol->module &&
            run->symbols[kept - 1].offset == symbol->offset)
            free_symbol(symbol);
        else
            run->symbols[kept++] = *symbol;
    }
    run->symbol_count = kept;
}

static uint64_t end_of(const struct symbol *symbol)
{
    return symbol->offset + symbol->size;
}

/* Ranges may overlap. A pc beyond the end of one can only be in an earlier one that ends later. */
static void link_outer(struct run *run)
{
    for (size_t i = 0; i < run->symbol_count; i++) {
        struct symbol *symbol = &run->symbols[i];
        uint32_t outer = i && symbol[-1].module == symbol->module ? (uint32_t)i : 0;
        while (outer && end_of(&run->symbols[outer - 1]) <= end_of(symbol))
            outer = run->symbols[outer - 1].outer;
        symbol->outer = outer;
    }
}

void run_sort_symbols(struct run *run)
{
    if (run->symbols_sorted == run->symbol_count)
        return;
    qsort(run->symbols, run->symbol_count, sizeof(*run->symbols), compare_symbols);
    drop_doubles(run);
    link_outer(run);
    run->symbols_sorted = run->symbol_count;
}

/* How many symbols start at or before this place. */
static size_t symbols_up_to(const struct run *run, uint32_t module, uint64_t offset)
{
    const struct symbol *symbols = run->symbols;

    return BISECT(i, run->symbol_count,
                  symbols[i].module < module ||
                      (symbols[i].module == module && symbols[i].offset <= offset));
}

const struct symbol *run_find_symbol(struct run *run, uint32_t module, uint64_t offset)
{
    run_sort_symbols(run);
    size_t number = symbols_up_to(run, module, offset);
    if (!number || run->symbols[number - 1].module != module)
        return NULL;
    while (number && end_of(&run->symbols[number - 1]) <= offset)
        number = run->symbols[number - 1].outer;
    return number ? &run->symbols[number - 1] : NULL;
}

/* ---- Inlined functions ---- */

int run_add_inlined(struct run *run, uint32_t module, uint64_t offset, uint32_t position,
                    const char *name, const char *component)
{
    if (!ARRAY_ROOM(run->inlined, run->inlined_count, run->inlined_capacity))
        return -ENOMEM;
    struct inlined function = { module, offset, position, strdup(name), strdup(component) };
    if (!function.name || !function.component) {
        free(function.name);
        free(function.component);
        return -ENOMEM;
    }
    run->inlined[run->inlined_count++] = function;
    return 0;
}

/* By place. */
static int compare_places(const struct inlined *a, const struct inlined *b)
{
    if (a->module != b->module)
        return a->module < b->module ? -1 : 1;
    return (a->offset > b->offset) - (a->offset < b->offset);
}

static int compare_positions(const struct inlined *a, const struct inlined *b)
{
    int order = compare_places(a, b);
    return order ? order : (a->position > b->position) - (a->position < b->position);
}

static int compare_inlined(const void *a, const void *b)
{
    const struct inlined *left = a, *right = b;
    int order = compare_positions(left, right);

    if (!order)
        order = strcmp(left->name, right->name);
    return order ? order : strcmp(left->component, right->component);
}

void run_sort_inlined(struct run *run)
{
    size_t kept = 0;

    if (run->inlined_sorted == run->inlined_count)
        return;
    qsort(run->inlined, run->inlined_count, sizeof(*run->inlined), compare_inlined);
    for (size_t i = 0; i < run->inlined_count; i++) {
        struct inlined *function = &run->inlined[i];
        if (kept && !compare_positions(&run->inlined[kept - 1], function)) {
            free(function->name);
            free(function->component);
        } else {
            run->inlined[kept++] = *function;
        }
    }
    run->inlined_sorted = run->inlined_count = kept;
}

size_t run_find_inlined(struct run *run, uint32_t module, uint64_t offset,
                        const struct inlined **ret)
{
    const struct inlined wanted = { .module = module, .offset = offset };

    run_sort_inlined(run);
    size_t first = BISECT(i, run->inlined_count, compare_places(&run->inlined[i], &wanted) < 0);
    size_t end = first;
    while (end < run->inlined_count && !compare_places(&run->inlined[end], &wanted))
        end++;
    *ret = end > first ? &run->inlined[first] : NULL; /* the array may be NULL */
    return end - first;
}

/* ---- Source lines ---- */

int run_add_line(struct run *run, uint32_t module, uint64_t offset, uint32_t position,
                 const char *file, uint32_t line)
{
    if (!ARRAY_ROOM(run->lines, run->line_count, run->line_capacity))
        return -ENOMEM;
    struct source_line added = { module, offset, position, strdup(file), line };
    if (!added.file)
        return -ENOMEM;
    run->lines[run->line_count++] = added;
    return 0;
}

static int compare_line_positions(const struct source_line *a, const struct source_line *b)
{
    if (a->module != b->module)
        return a->module < b->module ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (a->position > b->position) - (a->position < b->position);
}

static int compare_lines(const void *a, const void *b)
{
    const struct source_line *left = a, *right = b;
    int order = compare_line_positions(left, right);

    if (!order)
        order = strcmp(left->file, right->file);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

void run_sort_lines(struct run *run)
{
    size_t kept = 0;

    if (run->lines_sorted == run->line_count)
        return;
    qsort(run->lines, run->line_count, sizeof(*run->lines), compare_lines);
    for (size_t i = 0; i < run->line_count; i++) {
        if (kept && !compare_line_positions(&run->lines[kept - 1], &run->lines[i]))
            free(run->lines[i].file);
        else
            run->lines[kept++] = run->lines[i];
    }
    run->lines_sorted = run->line_count = kept;
}

const struct source_line *run_find_line(struct run *run, uint32_t module, uint64_t offset,
                                        uint32_t position)
{
    const struct source_line wanted = { module, offset, position, NULL, 0 };

    run_sort_lines(run);
    size_t at = BISECT(i, run->line_count, compare_line_positions(&run->lines[i], &wanted) < 0);
    return at < run->line_count && !compare_line_positions(&run->lines[at], &wanted)
               ? &run->lines[at]
               : NULL;
}

void run_free_symbols(struct run *run)
{
    for (size_t i = 0; i < run->symbol_count; i++)
        free_symbol(&run->symbols[i]);
    for (size_t i = 0; i < run->inlined_count; i++) {
        free(run->inlined[i].name);
        free(run->inlined[i].component);
    }
    for (size_t i = 0; i < run->line_count; i++)
        free(run->lines[i].file);
    free(run->symbols);
    free(run->inlined);
    free(run->lines);
}
