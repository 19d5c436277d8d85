/* table.c - from counts to rows: each adds to those of all libraries on its stack. */
#include "table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/countorder.h"

struct builder {
    struct table *table;
    const struct run *run;
    uint32_t *last_execution; /* by row: the last execution + 1 that had it */
    size_t row_capacity;
    uint32_t *slots; /* open-addressed hash of row + 1 */
    size_t slot_count;
};

/* Phases of rows: the built-in ones, then those of the user. */
enum { FIRST_USER_PHASE = PHASE_EXIT + 1 };

const char *table_phase_name(const struct table *table, uint32_t phase)
{
    if (phase < FIRST_USER_PHASE)
        return phase_name(phase);
    return table->run->phases[phase - FIRST_USER_PHASE];
}

const char *table_phase(const struct table *table, const struct table_row *row)
{
    return table_phase_name(table, row->phase);
}

uint32_t table_stack_phase(const struct table *table, uint32_t stack, uint32_t user_phase)
{
    enum phase phase = callers_known(&table->callers, stack)->verdict.phase;
    return phase == PHASE_MAIN && user_phase ? FIRST_USER_PHASE + user_phase : phase;
}

const struct module *table_module(const struct table *table, const struct table_row *row)
{
    return &table->run->modules[table->callers.libraries[row->library].module];
}

/* ---- Rows ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t hash_row(const struct table_row *row)
{
    uint64_t hash = mix(row->library, (uint64_t)row->nr << 32 | row->abi);
    return mix(hash, (uint64_t)row->program << 32 | row->phase);
}

static bool same_row(const struct table_row *a, const struct table_row *b)
{
    return a->library == b->library && a->nr == b->nr && a->abi == b->abi &&
           a->program == b->program && a->phase == b->phase;
}

static uint32_t *find_row_slot(const struct builder *builder, const struct table_row *key)
{
    size_t mask = builder->slot_count - 1;
    size_t i = hash_row(key) & mask;

    while (builder->slots[i] && !same_row(&builder->table->rows[builder->slots[i] - 1], key))
        i = (i + 1) & mask;
    return &builder->slots[i];
}

static int grow_rows(struct builder *builder)
{
    struct table *table = builder->table;
    size_t capacity = builder->row_capacity ? builder->row_capacity * 2 : 64;

    struct table_row *rows = reallocarray(table->rows, capacity, sizeof(*rows));
    if (rows)
        table->rows = rows;
    uint32_t *last = reallocarray(builder->last_execution, capacity, sizeof(*last));
    if (last)
        builder->last_execution = last;
    uint32_t *slots = calloc(capacity * 2, sizeof(*slots));
    if (!rows || !last || !slots || capacity > UINT32_MAX / 2) {
        free(slots);
        return -ENOMEM;
    }
    builder->row_capacity = capacity;
    free(builder->slots);
    builder->slots = slots;
    builder->slot_count = capacity * 2;
    for (size_t i = 0; i < table->count; i++)
        *find_row_slot(builder, &table->rows[i]) = (uint32_t)i + 1;
    return 0;
}

/* The row with this key, new if need be, with the execution counted; NULL if out of memory. */
static struct table_row *touch_row(struct builder *builder, const struct table_row *key,
                                   uint32_t execution)
{
    if (builder->table->count == builder->row_capacity && grow_rows(builder))
        return NULL;
    uint32_t *slot = find_row_slot(builder, key);
    if (!*slot) {
        builder->table->rows[builder->table->count] = *key;
        builder->last_execution[builder->table->count] = 0;
        *slot = (uint32_t)++builder->table->count;
    }
    struct table_row *row = &builder->table->rows[*slot - 1];
    row->runs += builder->last_execution[*slot - 1] != execution + 1;
    builder->last_execution[*slot - 1] = execution + 1;
    return row;
}

/* Adds calls to the row of one library that is on their stack. */
static int add_to_row(struct builder *builder, const struct table_row *key,
                      const struct count *count, const struct caller *caller)
{
    struct table_row *row = touch_row(builder, key, count->execution);

    if (!row)
        return -ENOMEM;
    row->on_stack += count->calls;
    if (key->library == caller->issuer)
        row->issued += count->calls;
    if (key->library != caller->library)
        return 0;
    row->calls += count->calls;
    row->inexact += caller->verdict.inexact ? count->calls : 0;
    row->incomplete += caller->verdict.unknown_on_stack ? count->calls : 0;
    row->results = row->results && builder->run->executions[count->execution].results;
    row->errors = run_sum(row->errors, count->errors);
    row->nanoseconds = run_sum(row->nanoseconds, count->nanoseconds);
    return 0;
}

static int add_to_rows(struct builder *builder, const struct count *count)
{
    struct table *table = builder->table;
    const struct caller *caller;
    int error = callers_find(&table->callers, count->stack, &caller);

    if (error)
        return error;
    struct table_row key = {
        .program = count->program,
        .phase = table_stack_phase(table, count->stack, count->phase),
        .abi = count->abi,
        .nr = count->nr,
        .results = table->results,
    };
    const struct library_set *sets = table->callers.sets.sets;
    for (uint32_t set = caller->on_stack; set != LIBRARY_SET_EMPTY && !error;
         set = sets[set].rest) {
        key.library = sets[set].library;
        error = add_to_row(builder, &key, count, caller);
    }
    return error;
}

/* ---- The whole ---- */

static int add_counts(struct builder *builder)
{
    const struct run *run = builder->run;
    uint32_t *order = counts_by_execution(run);
    int error = order ? 0 : -ENOMEM;

    for (size_t i = 0; i < run->count_count && !error; i++)
        error = add_to_rows(builder, &run->counts[order[i]]);
    free(order);
    return error;
}

/* Every call has one caller and one issuer, and both are on its stack. */
static void total(struct table *table)
{
    __attribute__((unused)) uint64_t counted = 0, issued = 0; /* NDEBUG */

    for (size_t i = 0; i < table->run->count_count; i++)
        counted += table->run->counts[i].calls;
    for (size_t i = 0; i < table->count; i++) {
        const struct table_row *row = &table->rows[i];
        assert(row->on_stack >= row->calls && row->on_stack >= row->issued);
        assert(row->errors <= row->calls);
        table->calls += row->calls;
        table->inexact += row->inexact;
        table->incomplete += row->incomplete;
        issued += row->issued;
    }
    assert(table->calls == counted);
    assert(issued == counted);
}

int table_build(struct run *run, const struct table_options *options, struct table *ret)
{
    struct builder builder = { .table = ret, .run = run };

    *ret = (struct table){ .run = run, .results = run_has_results(run) };
    int error = callers_init(&ret->callers, run, options);
    if (!error)
        error = add_counts(&builder);
    if (!error)
        total(ret);
    else
        table_deinit(ret);
    free(builder.last_execution);
    free(builder.slots);
    return error;
}

void table_deinit(struct table *table)
{
    free(table->rows);
    callers_deinit(&table->callers);
    *table = (struct table){ 0 };
}

/* ---- Sums ---- */

/* Of the row only what the key has; its counts as they are. */
static struct table_row mask(const struct table_row *row, unsigned key)
{
    struct table_row masked = *row;

    if (!(key & TABLE_PROGRAM))
        masked.program = 0;
    if (!(key & TABLE_PHASE))
        masked.phase = 0;
    if (!(key & TABLE_LIBRARY))
        masked.library = 0;
    if (!(key & TABLE_SYSCALL))
        masked.abi = masked.nr = 0;
    masked.runs = 0;
    return masked;
}

static int compare_keys(const void *a, const void *b)
{
    const struct table_row *left = a, *right = b;

    if (left->library != right->library)
        return left->library < right->library ? -1 : 1;
    if (left->abi != right->abi)
        return left->abi < right->abi ? -1 : 1;
    if (left->nr != right->nr)
        return left->nr < right->nr ? -1 : 1;
    if (left->program != right->program)
        return left->program < right->program ? -1 : 1;
    return (left->phase > right->phase) - (left->phase < right->phase);
}

static void add_row(struct table_row *sum, const struct table_row *row)
{
    sum->calls += row->calls;
    sum->issued += row->issued;
    sum->on_stack += row->on_stack;
    sum->inexact += row->inexact;
    sum->incomplete += row->incomplete;
    sum->results = sum->results && row->results;
    sum->errors = run_sum(sum->errors, row->errors);
    sum->nanoseconds = run_sum(sum->nanoseconds, row->nanoseconds);
}

int table_sum(const struct table *table, unsigned key, struct table_row **ret, size_t *count)
{
    struct table_row *sums = calloc(table->count + 1, sizeof(*sums));
    size_t kept = 0;

    if (!sums)
        return -ENOMEM;
    for (size_t i = 0; i < table->count; i++)
        sums[i] = mask(&table->rows[i], key);
    qsort(sums, table->count, sizeof(*sums), compare_keys);
    for (size_t i = 0; i < table->count; i++) {
        if (kept && !compare_keys(&sums[kept - 1], &sums[i]))
            add_row(&sums[kept - 1], &sums[i]);
        else
            sums[kept++] = sums[i];
    }
    *ret = sums;
    *count = kept;
    return 0;
}
