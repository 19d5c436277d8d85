/* runs.c - what must hold of every run. */
#include "runs.h"

#include <errno.h>

#include "fuzz.h"
#include "record/runfile.h"
#include "report/cube.h"
#include "report/format.h"
#include "report/grid.h"
#include "report/loops.h"
#include "report/text.h"

struct text {
    char *bytes;
    size_t size;
};

static struct text print_run(struct run *run)
{
    struct text text;
    FILE *file = open_memstream(&text.bytes, &text.size);

    CHECK(file && !runfile_print(file, run) && !fclose(file));
    return text;
}

static struct run read_run(const struct text *text)
{
    struct run run;
    struct runfile_error error = { "" };
    FILE *file = fmemopen(text->bytes, text->size, "r");

    CHECK(file);
    if (runfile_read(file, &run, &error)) {
        fprintf(stderr, "what was written is refused: %s\n%s", error.text, text->bytes);
        abort();
    }
    fclose(file);
    return run;
}

static void check_same(struct run *run, const struct text *expected)
{
    struct text text = print_run(run);

    CHECK(text.size == expected->size && !memcmp(text.bytes, expected->bytes, text.size));
    free(text.bytes);
}

static uint64_t count_calls(const struct run *run)
{
    uint64_t calls = 0;

    for (size_t i = 0; i < run->count_count; i++)
        calls += run->counts[i].calls;
    return calls;
}

/* Ids that no input has: the inputs' ids are replaced once and for all. */
static void change_ids(struct run *run, char digit)
{
    for (size_t i = 0; i < run->execution_count; i++) {
        memset(run->executions[i].id, digit, 8);
        char number[25];
        snprintf(number, sizeof(number), "%024zx", i);
        memcpy(run->executions[i].id + 8, number, 24);
    }
}

static int add(struct run *sum, const struct run *run)
{
    int error = run_merge(sum, run);
    CHECK(!error || error == -EOVERFLOW);
    return error;
}

/* The sum of two runs, the one first or the other. */
static bool print_sum(const struct run *one, const struct run *two, struct text *ret)
{
    struct run sum;

    CHECK(!run_init(&sum));
    bool added = !add(&sum, one) && !add(&sum, two);
    if (added) {
        CHECK(count_calls(&sum) == count_calls(one) + count_calls(two));
        CHECK(!one->execution_count || run_merge(&sum, one) == -EEXIST);
        *ret = print_run(&sum);
    }
    run_deinit(&sum);
    return added;
}

static void check_merging(struct run *run, const struct text *text)
{
    struct run other = read_run(text);
    struct text one, two;

    change_ids(run, 'a');
    change_ids(&other, 'b');
    bool added = print_sum(run, &other, &one);
    CHECK(added == print_sum(&other, run, &two));
    if (added) {
        CHECK(one.size == two.size && !memcmp(one.bytes, two.bytes, one.size));
        free(one.bytes);
        free(two.bytes);
    }
    run_deinit(&other);
}

/* By one of the keys, for the sake of speed: all rows have all calls together. */
static void check_cut(struct run *run, struct table *table)
{
    int by = (int)((run->stacks.count + run->count_count) % keys_count);
    const struct query query = { .given = true,
                                 .by = &by,
                                 .by_count = 1,
                                 .measures = { MEASURE_CALLS, MEASURE_ISSUED, MEASURE_STACKS },
                                 .measure_count = 3,
                                 .pivot = NO_PIVOT };
    struct keys keys;
    struct grid grid;
    uint64_t calls = 0, issued = 0;

    CHECK(!keys_init(&keys, run, &table->callers, NULL));
    CHECK(!cube_grid(run, &keys, &query, &grid));
    for (size_t i = 0; i < grid.row_count; i++) {
        calls += grid.rows[i][1].number;
        issued += grid.rows[i][2].number;
    }
    CHECK(calls == table->calls && issued == table->calls);
    grid_deinit(&grid);
    keys_deinit(&keys);
}

/* What waits in a loop is of the calls under it, and these are of those of its kind of thread. */
static void check_loops(struct run *run, const struct table *table)
{
    struct keys keys;
    struct grid grid;

    CHECK(!keys_init(&keys, run, &table->callers, NULL));
    CHECK(!loops_grid(run, &keys, &grid));
    for (size_t i = 0; i < grid.row_count; i++) {
        const struct grid_cell *row = grid.rows[i];
        CHECK(row[1].number <= row[0].number && row[0].number <= row[2].number);
        CHECK(row[2].number <= row[3].number && row[3].number <= table->calls);
    }
    grid_deinit(&grid);
    keys_deinit(&keys);
}

/* Texts go to `file`; what is packed has any bytes. Those that take a program are that one's
 * matter. */
static void check_format(FILE *file, const struct format *format, const struct subject *subject)
{
    size_t length = strlen(format->ending);
    struct text packed;

    if (length < 3 || strcmp(format->ending + length - 3, ".gz")) {
        CHECK(!format->print(file, subject));
        return;
    }
    FILE *own = open_memstream(&packed.bytes, &packed.size);
    CHECK(own && !format->print(own, subject) && !fclose(own));
    CHECK(packed.size > 2 && !memcmp(packed.bytes, "\x1f\x8b", 2));
    free(packed.bytes);
}

static void check_table(struct run *run, const struct table_options *options)
{
    struct table table;
    struct text text;

    CHECK(!table_build(run, options, &table));
    CHECK(table.calls == count_calls(run));
    FILE *file = open_memstream(&text.bytes, &text.size);
    struct grid grid;
    CHECK(!grid_of_table(&table, &grid));
    const struct subject subject = {
        .run = run, .table = &table, .grid = &grid, .width = TEXT_WIDTH
    };
    for (const struct format *format = formats; format->name; format++)
        if (format->needs != FORMAT_NEEDS_RUN && !format->program)
            check_format(file, format, &subject);
    grid_deinit(&grid);
    check_cut(run, &table);
    check_loops(run, &table);
    CHECK(!fclose(file));
    CHECK(!memchr(text.bytes, '\0', text.size));
    free(text.bytes);
    table_deinit(&table);
}

/* By one of four sets of options, for the sake of speed. */
static void check_some_table(struct run *run)
{
    static const char *globs[] = { "lib[a-m]*", "*" };
    static const struct table_options options[] = {
        { .through_signals = false },
        { .runtime.no_builtin = true },
        { .through_signals = true, .runtime = { true, globs, 1 } },
        { .runtime = { false, globs, 2 } },
    };

    check_table(run, &options[(run->stacks.count + run->module_count) % LENGTH(options)]);
}

void check_run(struct run *run)
{
    struct run empty;
    struct text text = print_run(run);
    struct run again = read_run(&text);

    check_same(&again, &text);
    run_deinit(&again);
    CHECK(!run_init(&empty));
    CHECK(!run_merge(&empty, run));
    check_same(&empty, &text);
    run_deinit(&empty);
    check_some_table(run);
    check_merging(run, &text);
    free(text.bytes);
}
