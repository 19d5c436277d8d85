/* cube.c - groups the calls of a run by any keys. */
#include "cube.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "report/countorder.h"

struct group_row {
    uint32_t *values; /* of each key; owned by struct rows */
    uint64_t measures[MEASURES];
    bool results;       /* the returns of all `calls` were observed */
    uint32_t execution; /* the last + 1 that had it, */
    uint32_t stack;     /* the last stack + 1, */
    size_t count;       /* and the last count + 1 that has it on its stack */
};

/* Rows told apart by the same number of values. */
struct rows {
    size_t key_count;
    bool results; /* what a new row begins with: are any known? */
    struct group_row *all;
    size_t count, capacity;
    struct slots slots;
};

struct cube {
    struct run *run;
    struct keys *keys;
    const struct query *query;
    const int *by; /* the keys, and that of the columns behind them */
    size_t by_count;
    bool of_library;  /* a key is of a library */
    bool inclusive;   /* libraries that did not ask have rows, too */
    uint32_t *values; /* of the call at hand */
    struct rows rows;
    struct group_row total;
};

/* ---- Rows ---- */

static void rows_deinit(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->all[i].values);
    free(rows->all);
    slots_deinit(&rows->slots);
}

static uint64_t hash(const uint32_t *values, size_t count)
{
    uint64_t ret = 0;

    for (size_t i = 0; i < count; i++)
        ret = slots_mix(ret, values[i]);
    return ret;
}

/* The row with these values, new if need be; NULL: no memory. */
static struct group_row *rows_find(struct rows *rows, const uint32_t *values)
{
    size_t size = rows->key_count * sizeof(*values);
    uint64_t key = hash(values, rows->key_count);
    uint32_t found = SLOTS_FIND(i, &rows->slots, key, !memcmp(rows->all[i].values, values, size));

    if (found != SLOTS_NONE)
        return &rows->all[found];
    struct group_row *all = array_with_room(rows->all, rows->count, &rows->capacity, sizeof(*all));
    if (!all)
        return NULL;
    rows->all = all;
    struct group_row row = { .values = malloc(size + 1), .results = rows->results };
    if (!row.values || slots_add(&rows->slots, key, (uint32_t)rows->count) < 0) {
        free(row.values);
        return NULL;
    }
    memcpy(row.values, values, size);
    all[rows->count] = row;
    return &all[rows->count++];
}

/* ---- One count ---- */

static struct group_row *row_of_library(struct cube *cube, uint32_t library)
{
    for (size_t i = 0; i < cube->by_count; i++) {
        if (keys_all[cube->by[i]].domain != KEY_OF_LIBRARY)
            continue;
        int64_t value = keys_of_library(cube->keys, cube->by[i], library);
        if (value < 0)
            return NULL;
        cube->values[i] = (uint32_t)value;
    }
    return rows_find(&cube->rows, cube->values);
}

static void note_execution(struct group_row *row, const struct count *count)
{
    row->measures[MEASURE_RUNS] += row->execution != count->execution + 1;
    row->execution = count->execution + 1;
}

static void add_calls(const struct cube *cube, struct group_row *row, const struct count *count,
                      const struct verdict *verdict)
{
    row->measures[MEASURE_CALLS] += count->calls;
    row->measures[MEASURE_INEXACT] += verdict->inexact ? count->calls : 0;
    row->measures[MEASURE_INCOMPLETE] += verdict->unknown_on_stack ? count->calls : 0;
    row->results &= cube->run->executions[count->execution].results;
    row->measures[MEASURE_ERRORS] = run_sum(row->measures[MEASURE_ERRORS], count->errors);
    row->measures[MEASURE_SECONDS] = run_sum(row->measures[MEASURE_SECONDS], count->nanoseconds);
    note_execution(row, count);
}

static void add_on_stack(struct group_row *row, size_t number, const struct count *count)
{
    row->measures[MEASURE_ON_STACK] += row->count == number + 1 ? 0 : count->calls;
    row->count = number + 1;
    note_execution(row, count);
}

static int add_all_on_stack(struct cube *cube, const struct caller *caller, size_t number)
{
    const struct library_set *sets = cube->keys->callers->sets.sets;

    for (uint32_t set = caller->on_stack; set != LIBRARY_SET_EMPTY; set = sets[set].rest) {
        struct group_row *row = row_of_library(cube, sets[set].library);
        if (!row)
            return -ENOMEM;
        add_on_stack(row, number, &cube->run->counts[number]);
    }
    return 0;
}

/* The values of the keys that are not of a library. */
static int find_values(struct cube *cube, const struct count *count)
{
    for (size_t i = 0; i < cube->by_count; i++) {
        int64_t value = keys_all[cube->by[i]].domain == KEY_OF_LIBRARY
                            ? 0
                            : keys_of_count(cube->keys, cube->by[i], count);
        if (value < 0)
            return (int)value;
        cube->values[i] = (uint32_t)value;
    }
    return 0;
}

static int add_count(struct cube *cube, size_t number)
{
    const struct count *count = &cube->run->counts[number];
    const struct caller *caller = callers_known(cube->keys->callers, count->stack);
    int error = find_values(cube, count);

    add_calls(cube, &cube->total, count, &caller->verdict);
    cube->total.measures[MEASURE_ISSUED] += count->calls;
    cube->total.measures[MEASURE_ON_STACK] += count->calls;
    if (!error && cube->of_library && cube->inclusive)
        error = add_all_on_stack(cube, caller, number);
    if (error)
        return error;
    struct group_row *row = row_of_library(cube, caller->library);
    if (!row)
        return -ENOMEM;
    add_calls(cube, row, count, &caller->verdict);
    if (!cube->of_library)
        add_on_stack(row, number, count);
    if (cube->of_library && cube->inclusive)
        row = row_of_library(cube, caller->issuer);
    if (!row)
        return -ENOMEM;
    row->measures[MEASURE_ISSUED] += count->calls;
    return 0;
}

/* ---- All counts ---- */

static int add_counts(struct cube *cube)
{
    const struct run *run = cube->run;
    uint32_t *order = counts_by_execution(run);
    int error = order ? 0 : -ENOMEM;

    for (size_t i = 0; i < run->count_count && !error; i++)
        error = add_count(cube, order[i]);
    free(order);
    return error;
}

static int add_stack(struct cube *cube, const struct count *count)
{
    int error = find_values(cube, count);

    if (error)
        return error;
    struct group_row *row =
        row_of_library(cube, callers_known(cube->keys->callers, count->stack)->library);
    if (!row)
        return -ENOMEM;
    row->measures[MEASURE_STACKS] += row->stack != count->stack + 1;
    row->stack = count->stack + 1;
    cube->total.measures[MEASURE_STACKS] += cube->total.stack != count->stack + 1;
    cube->total.stack = count->stack + 1;
    return 0;
}

static bool measures(const struct query *query, enum measure measure)
{
    for (size_t i = 0; i < query->measure_count; i++)
        if (query->measures[i] == measure)
            return true;
    for (size_t i = 0; i < query->order_count; i++)
        if (query->orders[i].by_measure && query->orders[i].number == (int)measure)
            return true;
    return false;
}

static int add_stacks(struct cube *cube)
{
    if (!measures(cube->query, MEASURE_STACKS))
        return 0;
    uint32_t *order = counts_by_stack(cube->run);
    int error = order ? 0 : -ENOMEM;
    for (size_t i = 0; i < cube->run->count_count && !error; i++)
        error = add_stack(cube, &cube->run->counts[order[i]]);
    free(order);
    return error;
}

/* ---- The cube ---- */

/* By these keys, which are borrowed. */
static int cube_init(struct cube *cube, struct run *run, struct keys *keys,
                     const struct query *query, const int *by, size_t by_count)
{
    bool results = run_has_results(run);

    *cube = (struct cube){
        .run = run,
        .keys = keys,
        .query = query,
        .by = by,
        .by_count = by_count,
        .inclusive = measures(query, MEASURE_ISSUED) || measures(query, MEASURE_ON_STACK),
        .values = calloc(by_count + 1, sizeof(*cube->values)),
        .rows = { .key_count = by_count, .results = results },
        .total.results = results,
    };
    for (size_t i = 0; i < by_count; i++)
        cube->of_library |= keys_all[by[i]].domain == KEY_OF_LIBRARY;
    return cube->values ? 0 : -ENOMEM;
}

static int fill(struct cube *cube)
{
    int error = add_counts(cube);

    return error ? error : add_stacks(cube);
}

/* ---- Order ---- */

static int compare_texts(const struct cube *cube, const struct group_row *a,
                         const struct group_row *b, size_t column)
{
    char **texts = cube->keys->values.texts;
    int order = strverscmp(texts[a->values[column]], texts[b->values[column]]);

    return order ? order : strcmp(texts[a->values[column]], texts[b->values[column]]);
}

static int compare_measures(const struct group_row *a, const struct group_row *b,
                            enum measure measure)
{
    return (a->measures[measure] < b->measures[measure]) -
           (a->measures[measure] > b->measures[measure]);
}

static size_t column_of(const struct query *query, int key)
{
    size_t i = 0;

    while (query->by[i] != key)
        i++;
    return i;
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct cube *cube = context;
    const struct query *query = cube->query;
    int order = 0;

    for (size_t i = 0; i < query->order_count && !order; i++) {
        const struct sort_order *wanted = &query->orders[i];
        order = wanted->by_measure ? compare_measures(a, b, (enum measure)wanted->number)
                                   : compare_texts(cube, a, b, column_of(query, wanted->number));
        order = wanted->reversed ? -order : order;
    }
    if (!order)
        order = compare_measures(a, b, query->measures[0]);
    for (size_t i = 0; i < query->by_count && !order; i++)
        order = compare_texts(cube, a, b, i);
    return order;
}

static void sort(struct rows *rows, int (*compare)(const void *, const void *, void *),
                 struct cube *cube)
{
    if (rows->count)
        qsort_r(rows->all, rows->count, sizeof(*rows->all), compare, cube);
}

/* ---- The grid ---- */

static struct grid_cell text_cell(const struct cube *cube, uint32_t value)
{
    return (struct grid_cell){ .kind = GRID_TEXT, .text = cube->keys->values.texts[value] };
}

static struct grid_cell measure_cell(const struct group_row *row, enum measure measure)
{
    bool result = measure == MEASURE_ERRORS || measure == MEASURE_SECONDS;

    return (struct grid_cell){
        .kind = result && !row->results      ? GRID_UNKNOWN
                : measure == MEASURE_SECONDS ? GRID_SECONDS
                                             : GRID_NUMBER,
        .number = row->measures[measure],
    };
}

static size_t rows_shown(const struct cube *cube, const struct rows *rows)
{
    size_t top = cube->query->top;
    return top && top < rows->count ? top : rows->count;
}

static void fill_keys(const struct cube *cube, const struct rows *rows, struct grid *grid)
{
    const struct query *query = cube->query;

    for (size_t i = 0; i < query->by_count; i++)
        grid->columns[i] = keys_all[query->by[i]].name;
    for (size_t row = 0; row < rows_shown(cube, rows); row++)
        for (size_t i = 0; i < query->by_count; i++)
            grid->rows[row][i] = text_cell(cube, rows->all[row].values[i]);
    grid->has_total = query->total;
    grid->pivot = query->pivot != NO_PIVOT ? query->by_count : 0;
    for (size_t i = 0; i < query->by_count && query->total; i++)
        grid->rows[grid->row_count - 1][i] =
            (struct grid_cell){ .kind = GRID_TEXT, .text = i ? "" : "total" };
}

static int make_plain_grid(struct cube *cube, struct grid *ret)
{
    const struct query *query = cube->query;
    size_t shown = rows_shown(cube, &cube->rows);

    sort(&cube->rows, compare_rows, cube);
    int error = grid_init(ret, query->by_count + query->measure_count, shown + query->total, 0);
    if (error)
        return error;
    fill_keys(cube, &cube->rows, ret);
    for (size_t i = 0; i < query->measure_count; i++) {
        ret->columns[query->by_count + i] = measure_name(query->measures[i]);
        for (size_t row = 0; row < shown; row++)
            ret->rows[row][query->by_count + i] =
                measure_cell(&cube->rows.all[row], query->measures[i]);
        if (query->total)
            ret->rows[shown][query->by_count + i] = measure_cell(&cube->total, query->measures[i]);
    }
    return 0;
}

/* ---- With a column for each value ---- */

/* The same calls by other keys: not all measures of a group are the sums of its parts'. */
static int make_part(const struct cube *cube, const int *by, size_t by_count, struct rows *ret)
{
    struct cube part;
    int error = cube_init(&part, cube->run, cube->keys, cube->query, by, by_count);

    if (!error)
        error = fill(&part);
    *ret = part.rows;
    free(part.values);
    return error;
}

/* The most frequent column first. */
static int compare_columns(const void *a, const void *b, void *context)
{
    const struct cube *cube = context;
    int order = compare_measures(a, b, cube->query->measures[0]);

    return order ? order : compare_texts(cube, a, b, 0);
}

static int fill_pivot(struct cube *cube, const struct rows *rows, const struct rows *columns,
                      struct grid *grid)
{
    size_t by = cube->query->by_count;
    enum measure measure = cube->query->measures[0];
    const struct group_row none = { .results = cube->rows.results };

    for (size_t i = 0; i < columns->count; i++) {
        const char *name = cube->keys->values.texts[columns->all[i].values[0]];
        grid->columns[by + i] = name;
        for (size_t row = 0; row < rows_shown(cube, rows); row++) {
            memcpy(cube->values, rows->all[row].values, by * sizeof(*cube->values));
            cube->values[by] = columns->all[i].values[0];
            uint64_t key = hash(cube->values, by + 1);
            uint32_t found = SLOTS_FIND(
                j, &cube->rows.slots, key,
                !memcmp(cube->rows.all[j].values, cube->values, (by + 1) * sizeof(*cube->values)));
            grid->rows[row][by + i] =
                measure_cell(found == SLOTS_NONE ? &none : &cube->rows.all[found], measure);
        }
        if (grid->has_total)
            grid->rows[grid->row_count - 1][by + i] = measure_cell(&columns->all[i], measure);
    }
    return 0;
}

static int make_pivot_grid(struct cube *cube, struct grid *ret)
{
    size_t by = cube->query->by_count;
    struct rows rows, columns = { 0 };
    int error = make_part(cube, cube->by, by, &rows);

    if (!error)
        error = make_part(cube, cube->by + by, 1, &columns);
    if (!error) {
        sort(&rows, compare_rows, cube);
        sort(&columns, compare_columns, cube);
        error = grid_init(ret, by + columns.count, rows_shown(cube, &rows) + cube->query->total, 0);
    }
    if (!error) {
        fill_keys(cube, &rows, ret);
        error = fill_pivot(cube, &rows, &columns, ret);
    }
    rows_deinit(&rows);
    rows_deinit(&columns);
    return error;
}

/* ---- The whole ---- */

int cube_grid(struct run *run, struct keys *keys, const struct query *query, struct grid *ret)
{
    bool pivot = query->pivot != NO_PIVOT;
    int *by = calloc(query->by_count + 1, sizeof(*by));
    struct cube cube = { 0 };
    int error = -ENOMEM;

    if (by) {
        memcpy(by, query->by, query->by_count * sizeof(*by));
        by[query->by_count] = query->pivot; /* of the columns, if there are any */
        error = cube_init(&cube, run, keys, query, by, query->by_count + pivot);
    }
    if (!error)
        error = fill(&cube);
    if (!error)
        error = pivot ? make_pivot_grid(&cube, ret) : make_plain_grid(&cube, ret);
    rows_deinit(&cube.rows);
    free(cube.values);
    free(by);
    return error;
}
