/* table.c - rows of the per-library table: callers, issuers, stacks, phases, runs, options. */
#include "sample.h"

#include "report/table.h"
#include "report/attribute.h"

static const struct table_options defaults;

static const struct table_row *find(const struct table *table, const char *library, uint32_t nr,
                                    const char *phase)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct table_row *row = &table->rows[i];
        if (!strcmp(table_module(table, row)->name, library) && row->nr == nr &&
            !strcmp(table_phase(table, row), phase))
            return row;
    }
    return NULL;
}

static void check(const struct table *table, const char *library, uint32_t nr, const char *phase,
                  uint64_t calls, uint64_t issued, uint64_t on_stack)
{
    const struct table_row *row = find(table, library, nr, phase);

    if (!row)
        fail_msg("%s has no row for %u in %s", library, nr, phase);
    if (row->calls != calls || row->issued != issued || row->on_stack != on_stack)
        fail_msg("%s, %u, %s: %lu %lu %lu", library, nr, phase, row->calls, row->issued,
                 row->on_stack);
}

static void test_sample(void **state)
{
    struct run run;
    struct table table;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    check(&table, "[start]", 59, "load", 1, 1, 1);
    check(&table, "ld-linux-x86-64.so.2", 9, "load", 2, 2, 2);
    check(&table, "liba.so.1.2", 1, "main", 10, 0, 10);
    check(&table, "app", 1, "main", 3, 0, 13);
    check(&table, "libc.so.6", 1, "main", 0, 14, 14);
    check(&table, "[unknown]", 1, "main", 1, 0, 1);
    check(&table, "app", 231, "exit", 1, 0, 1);
    check(&table, "libc.so.6", 231, "exit", 0, 1, 1);
    assert_int_equal(table.count, 8);
    assert_int_equal(table.calls, 18);
    assert_int_equal(table.inexact, 10);
    assert_int_equal(table.incomplete, 1);
    assert_int_equal(find(&table, "liba.so.1.2", 1, "main")->inexact, 10);
    assert_int_equal(find(&table, "[unknown]", 1, "main")->incomplete, 1);
    table_deinit(&table);
    run_deinit(&run);
}

/* Calls, issued and on the stack of a component in a table of one system call. */
static void check_component(const struct table *table, const char *component, uint64_t calls,
                            uint64_t issued, uint64_t on_stack)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct table_row *row = &table->rows[i];
        if (strcmp(table->callers.libraries[row->library].component, component))
            continue;
        assert_string_equal(table_module(table, row)->name, "app");
        assert_int_equal(row->calls, calls);
        assert_int_equal(row->issued, issued);
        assert_int_equal(row->on_stack, on_stack);
        return;
    }
    fail_msg("'%s' has no row", component);
}

/*
 * app is one file of packages: syscall.write, called by a function of b that was put into one of a,
 * which was put into main: 4 calls; and called by main itself, where none is inlined: 3 calls.
 */
static void test_components(void **state)
{
    const struct frame by_b[] = { { SAMPLE_APP, 0, 510 }, { SAMPLE_APP, 0, 610 } };
    const struct frame by_main[] = { { SAMPLE_APP, 0, 510 }, { SAMPLE_APP, 0, 611 } };
    const struct table_options all = { .runtime.no_builtin = true };
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    assert_int_equal(
        run_add_symbol(&run, SAMPLE_APP, 500, 20, "syscall.write", "go:syscall", SOURCE_SYMTAB), 0);
    assert_int_equal(
        run_add_symbol(&run, SAMPLE_APP, 600, 20, "main.main", "go:main", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 610, 0, "b.F", "go:b"), 0);
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 610, 1, "a.F", "go:a"), 0);
    uint32_t execution = sample_execution(&run, '1');
    sample_calls_by(&run, execution, by_b, 2, 1, 4);
    sample_calls_by(&run, execution, by_main, 2, 1, 3);

    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(table.count, 4);
    check_component(&table, "go:syscall", 0, 7, 7);
    check_component(&table, "go:b", 4, 0, 4);
    check_component(&table, "go:a", 0, 0, 4);
    check_component(&table, "go:main", 3, 0, 7);
    table_deinit(&table);

    assert_int_equal(table_build(&run, &all, &table), 0);
    check_component(&table, "go:syscall", 7, 7, 7);
    table_deinit(&table);
    run_deinit(&run);
}

/* What crate a call is of is never sure, whether the caller or a runtime library stands for it. */
static void test_crates(void **state)
{
    const struct frame by_crate[] = { { SAMPLE_LIBC, 0, 120 },
                                      { SAMPLE_APP, 0, 510 },
                                      { SAMPLE_APP, 0, 610 } };
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 500, 20, "std::f", "rust:std", SOURCE_SYMTAB),
                     0);
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 600, 20, "a::f", "rust:a", SOURCE_SYMTAB), 0);
    uint32_t execution = sample_execution(&run, '1');
    sample_calls_by(&run, execution, by_crate, 3, 1, 4);
    sample_calls_by(&run, execution, by_crate, 2, 1, 3);
    sample_calls_by(&run, execution, by_crate, 1, 1, 2);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    check_component(&table, "rust:a", 4, 0, 4);
    check_component(&table, "rust:std", 0, 0, 7);
    check(&table, "libc.so.6", 1, "main", 5, 9, 9);
    assert_int_equal(table.inexact, 4 + 3);
    table_deinit(&table);
    run_deinit(&run);
}

/* A static program: its libc is a runtime library, and code without a name may be anybody's. */
static void test_static_libc(void **state)
{
    const struct frame by_main[] = { { SAMPLE_APP, 0, 510 }, { SAMPLE_APP, 0, 610 } };
    const struct frame at_exit[] = { { SAMPLE_APP, 0, 510 },
                                     { SAMPLE_APP, 0, 710 },
                                     { SAMPLE_APP, FRAME_ENTRY, 900 } };
    const struct frame by_nobody[] = { { SAMPLE_APP, 0, 510 },
                                       { SAMPLE_APP, 0, 800 },
                                       { SAMPLE_APP, 0, 610 } };
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 500, 20, "write", "libc", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 600, 20, "main", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 700, 20, "exit", "libc", SOURCE_SYMTAB), 0);
    uint32_t execution = sample_execution(&run, '1');
    sample_calls_by(&run, execution, by_main, 2, 1, 4);
    sample_calls_by(&run, execution, by_nobody, 3, 1, 2);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(table.count, 3);
    check_component(&table, "", 4, 0, 6);
    check_component(&table, "libc", 0, 6, 6);
    check_component(&table, "[unknown]", 2, 0, 2);
    table_deinit(&table);

    sample_calls_by(&run, execution, at_exit, 3, 1, 1);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    check(&table, "app", 1, "exit", 0, 1, 1); /* the row of libc */
    table_deinit(&table);
    run_deinit(&run);
}

static void test_other_runtime_libraries(void **state)
{
    const char *globs[] = { "liba.*" };
    const struct table_options liba_too = { .runtime = { false, globs, 1 } };
    const struct table_options none = { .runtime = { .no_builtin = true } };
    struct run run;
    struct table table;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(table_build(&run, &liba_too, &table), 0);
    check(&table, "liba.so.1.2", 1, "main", 0, 0, 10);
    check(&table, "app", 1, "main", 13, 0, 13);
    table_deinit(&table);

    assert_int_equal(table_build(&run, &none, &table), 0);
    check(&table, "libc.so.6", 1, "main", 14, 14, 14);
    assert_null(find(&table, "[unknown]", 231, "exit"));
    table_deinit(&table);
    run_deinit(&run);
}

/* A library that recurs is on the stack once; what a signal interrupted only if asked for. */
static void test_on_stack(void **state)
{
    const struct table_options through = { .through_signals = true };
    const struct frame frames[] = {
        { SAMPLE_LIBC, 0, 120 },
        { SAMPLE_LIBA, 0, 1 },
        { SAMPLE_LIBC, 0, 20 },
        { SAMPLE_LIBA, 0, 2 },
        { SAMPLE_LIBC, FRAME_SIGNAL, 30 },
        { SAMPLE_APP, FRAME_ENTRY, 1 },
    };
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    sample_calls_by(&run, sample_execution(&run, '1'), frames, 6, 1, 7);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    check(&table, "libc.so.6", 1, "main", 0, 7, 7);
    check(&table, "liba.so.1.2", 1, "main", 7, 0, 7);
    assert_null(find(&table, "app", 1, "main"));
    table_deinit(&table);

    assert_int_equal(table_build(&run, &through, &table), 0);
    check(&table, "liba.so.1.2", 1, "main", 7, 0, 7);
    check(&table, "app", 1, "main", 0, 0, 7);
    table_deinit(&table);
    run_deinit(&run);
}

static void test_nothing_known(void **state)
{
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    sample_calls(&run, sample_execution(&run, '1'),
                 sample_stack(&run, NULL, 0, STACK_MEMORY_DENIED), 1, 7);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(table.count, 1);
    check(&table, "[unknown]", 1, "main", 7, 7, 7);
    assert_int_equal(table.rows[0].incomplete, 7);
    table_deinit(&table);
    run_deinit(&run);
}

/* The first execve is loading, whether its frame is marked or not. */
static void test_start(void **state)
{
    const struct frame frames[] = { { MODULE_START, 0, 0 } };
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    sample_calls_by(&run, sample_execution(&run, '1'), frames, 1, 59, 1);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    check(&table, "[start]", 59, "load", 1, 1, 1);
    table_deinit(&table);
    run_deinit(&run);
}

static void test_empty_run(void **state)
{
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(table.count, 0);
    table_deinit(&table);
    run_deinit(&run);
}

/* A user's phase takes the place of "main" only. */
static void test_user_phases(void **state)
{
    struct run run;
    struct table table;
    (void)state;

    sample_run(&run, '1');
    uint32_t phase = (uint32_t)run_phase(&run, "load"); /* named as a built-in one: still its own */
    for (size_t i = 0, counts = run.count_count; i < counts; i++) {
        const struct count count = {
            .phase = phase, .stack = run.counts[i].stack, .nr = 7, .calls = 1
        };
        assert_true(run_count(&run, &count) >= 0);
    }
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    uint32_t user = 0, builtin = 0;
    for (size_t i = 0; i < table.count; i++)
        if (table.rows[i].nr == 7 && !strcmp(table_phase(&table, &table.rows[i]), "load")) {
            user += table.rows[i].phase > PHASE_EXIT ? table.rows[i].calls : 0;
            builtin += table.rows[i].phase == PHASE_LOAD ? table.rows[i].calls : 0;
        }
    assert_int_equal(builtin, 2); /* the first execve, the loader */
    assert_int_equal(user, 3);    /* by liba, by app, broken */
    check(&table, "app", 7, "exit", 1, 0, 1);
    table_deinit(&table);
    run_deinit(&run);
}

static void test_runs(void **state)
{
    struct run run, other;
    struct table table;
    (void)state;

    sample_run(&run, '1');
    sample_run(&other, '2');
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 }, { SAMPLE_LIBA, 0, 99 } };
    sample_calls_by(&other, 0, frames, 2, 1, 1);
    sample_calls_by(&other, 0, frames, 2, 2, 1);
    assert_int_equal(run_merge(&run, &other), 0);
    /* counts of the two executions in turn */
    assert_int_equal(run_sort(&run), 0);
    for (size_t i = 0; i + 7 < run.count_count; i += 2) {
        struct count swapped = run.counts[i];
        run.counts[i] = run.counts[i + 7];
        run.counts[i + 7] = swapped;
    }
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(find(&table, "liba.so.1.2", 1, "main")->runs, 2);
    assert_int_equal(find(&table, "liba.so.1.2", 1, "main")->calls, 21);
    assert_int_equal(find(&table, "liba.so.1.2", 2, "main")->runs, 1);
    assert_int_equal(find(&table, "libc.so.6", 1, "main")->runs, 2);
    assert_int_equal(find(&table, "[start]", 59, "load")->runs, 2);
    table_deinit(&table);
    run_deinit(&run);
    run_deinit(&other);
}

static void check_results(const struct table *table, const char *library, uint32_t nr,
                          const char *phase, bool known, uint64_t errors, uint64_t nanoseconds)
{
    const struct table_row *row = find(table, library, nr, phase);

    assert_non_null(row);
    if (row->results != known ||
        (known && (row->errors != errors || row->nanoseconds != nanoseconds)))
        fail_msg("%s, %u, %s: %d %lu %lu", library, nr, phase, row->results, row->errors,
                 row->nanoseconds);
}

/* Errors and time belong to the caller alone. */
static void test_results(void **state)
{
    struct run run;
    struct table table;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_false(table.results);
    check_results(&table, "liba.so.1.2", 1, "main", false, 0, 0);
    check_results(&table, "libc.so.6", 1, "main", false, 0, 0);
    table_deinit(&table);
    run_deinit(&run);

    sample_run_with_results(&run, '1');
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_true(table.results);
    check_results(&table, "liba.so.1.2", 1, "main", true, 4, 5000000000);
    check_results(&table, "app", 1, "main", true, 1, 1234567);
    check_results(&table, "libc.so.6", 1, "main", true, 0, 0);
    check_results(&table, "[start]", 59, "load", true, 0, 0);
    table_deinit(&table);
    run_deinit(&run);
}

/* Of a merged run: known where each execution that has calls by the library knows them. */
static void test_results_of_some(void **state)
{
    struct run run, other, third;
    struct table table;
    (void)state;

    sample_run(&run, '2');
    sample_run_with_results(&other, '1');
    sample_run_with_results(&third, '3');
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 }, { SAMPLE_LIBA, 0, 99 } };
    const struct frame by_app[] = { { SAMPLE_LIBC, 0, 120 }, { SAMPLE_APP, 0, 99 } };
    uint32_t stack = sample_stack(&other, frames, 2, STACK_COMPLETE);
    run_add_result(&other, sample_calls(&other, 0, stack, 2, 1), true, INT64_MAX);
    stack = sample_stack(&third, frames, 2, STACK_COMPLETE);
    run_add_result(&third, sample_calls(&third, 0, stack, 2, 1), true, 1);
    sample_calls_by(&run, 0, by_app, 2, 2, 1);
    assert_int_equal(run_merge(&run, &other), 0);
    assert_int_equal(run_merge(&run, &third), 0);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_true(table.results);
    check_results(&table, "liba.so.1.2", 1, "main", false, 0, 0);
    check_results(&table, "liba.so.1.2", 2, "main", true, 2, INT64_MAX);
    check_results(&table, "app", 2, "main", false, 0, 0);
    check_results(&table, "libc.so.6", 2, "main", true, 0, 0); /* it asked for none of them */
    table_deinit(&table);
    run_deinit(&run);
    run_deinit(&other);
    run_deinit(&third);
}

/* Two libraries of one name are two: by identity and by path. */
static void test_names_collide(void **state)
{
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    const uint32_t same[] = { sample_module(&run, "x.so", "/a/x.so", "", "gnu:1"),
                              sample_module(&run, "x.so", "/a/x.so", "", "gnu:2"),
                              sample_module(&run, "x.so", "/b/x.so", "", "gnu:1") };
    for (size_t i = 0; i < LENGTH(same); i++) {
        const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 }, { same[i], 0, 1 } };
        sample_calls_by(&run, execution, frames, 2, 1, i + 1);
    }
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(table.count, 4);
    for (size_t i = 0; i < table.count; i++)
        if (table.rows[i].library != SAMPLE_LIBC)
            assert_int_equal(table.rows[i].calls, table.rows[i].library - same[0] + 1);
    table_deinit(&table);
    run_deinit(&run);
}

/* 100,000 stacks and a million counts are no trouble. */
static void test_many(void **state)
{
    enum { STACKS = 100000, COUNTS = 1000000 };
    static uint32_t stacks[STACKS];
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    for (uint32_t i = 0; i < STACKS; i++) {
        const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 },
                                        { SAMPLE_LIBA, 0, i },
                                        { SAMPLE_APP, 0, i % 17 },
                                        { SAMPLE_APP, FRAME_ENTRY, 1 } };
        stacks[i] = sample_stack(&run, frames, 4, STACK_COMPLETE);
    }
    for (uint32_t i = 0; i < COUNTS; i++)
        sample_calls(&run, execution, stacks[i % STACKS], i / STACKS, 1);
    assert_int_equal(run.count_count, COUNTS);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(table.count, 30);
    assert_int_equal(table.calls, COUNTS);
    table_deinit(&table);
    run_deinit(&run);
}

static void check_sum(const struct table_row *sum, uint32_t library, uint32_t nr, uint64_t calls,
                      uint64_t issued, uint64_t on_stack)
{
    assert_int_equal(sum->library, library);
    assert_int_equal(sum->nr, nr);
    assert_int_equal(sum->calls, calls);
    assert_int_equal(sum->issued, issued);
    assert_int_equal(sum->on_stack, on_stack);
    assert_int_equal(sum->runs, 0);
}

/* By parts of the key, in its order; the totals are always the same. */
static void test_sums(void **state)
{
    struct run run;
    struct table table;
    struct table_row *sums;
    size_t count;
    (void)state;

    sample_run_with_results(&run, '1');
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(table_sum(&table, TABLE_LIBRARY, &sums, &count), 0);
    assert_int_equal(count, 6);
    check_sum(&sums[0], MODULE_UNKNOWN, 0, 1, 0, 1);
    check_sum(&sums[2], SAMPLE_LIBC, 0, 0, 15, 15);
    check_sum(&sums[4], SAMPLE_APP, 0, 4, 0, 14);
    assert_true(sums[4].results);
    assert_int_equal(sums[4].errors, 1);
    assert_int_equal(sums[4].nanoseconds, 1234567);
    assert_int_equal(sums[5].inexact, 10);
    free(sums);
    assert_int_equal(table_sum(&table, TABLE_LIBRARY | TABLE_SYSCALL, &sums, &count), 0);
    assert_int_equal(count, 8);
    check_sum(&sums[5], SAMPLE_APP, 1, 3, 0, 13);
    check_sum(&sums[6], SAMPLE_APP, 231, 1, 0, 1);
    free(sums);
    assert_int_equal(table_sum(&table, TABLE_PHASE, &sums, &count), 0);
    assert_int_equal(count, 3);
    assert_int_equal(sums[0].phase, PHASE_LOAD);
    check_sum(&sums[0], 0, 0, 3, 3, 3);
    free(sums);
    assert_int_equal(table_sum(&table, 0, &sums, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(sums->calls, table.calls);
    assert_int_equal(sums->issued, table.calls);
    free(sums);
    assert_int_equal(table_sum(&table, TABLE_PROGRAM | TABLE_PHASE | TABLE_LIBRARY | TABLE_SYSCALL,
                               &sums, &count),
                     0);
    assert_int_equal(count, table.count);
    free(sums);
    table_deinit(&table);
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_components),
        cmocka_unit_test(test_crates),
        cmocka_unit_test(test_static_libc),
        cmocka_unit_test(test_other_runtime_libraries),
        cmocka_unit_test(test_on_stack),
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_empty_run),
        cmocka_unit_test(test_user_phases),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_names_collide),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_results_of_some),
        cmocka_unit_test(test_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
