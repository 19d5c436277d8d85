/* run.c - the record of a run: unique keys, symbols by range, merging in any order to the same
 * bytes. */
#include "sample.h"

#include <errno.h>
#include "record/runfile.h"

static void test_init(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_int_equal(run.module_count, MODULE_FIRST);
    assert_string_equal(run.modules[MODULE_ANON].name, "[anon]");
    assert_string_equal(run.modules[MODULE_START].name, "[start]");
    assert_string_equal(run.modules[MODULE_UNKNOWN].name, "[unknown]");
    assert_int_equal(run.phase_count, 1);
    assert_string_equal(run.phases[0], "");
    run_deinit(&run);
}

static void test_keys_are_unique(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_int_equal(run_program(&run, "a", "/bin/a"), 0);
    assert_int_equal(run_program(&run, "a", "/usr/bin/a"), 1);
    assert_int_equal(run_program(&run, "a", "/bin/a"), 0);
    assert_int_equal(run_phase(&run, "warm-up"), 1);
    assert_int_equal(run_phase(&run, ""), 0);
    assert_int_equal(run_phase(&run, "warm-up"), 1);

    uint32_t module = sample_module(&run, "l.so", "/lib/l.so", "l", "gnu:1");
    assert_int_equal(sample_module(&run, "l.so", "/lib/l.so", "l", "gnu:1"), module);
    assert_int_equal(run.modules[module].loads, 2);
    assert_int_not_equal(sample_module(&run, "l.so", "/lib/l.so", "l", "gnu:2"), module);
    assert_int_not_equal(sample_module(&run, "l.so", "/opt/l.so", "l", "gnu:1"), module);
    assert_int_not_equal(sample_module(&run, "l.so.1", "/lib/l.so", "l", "gnu:1"), module);
    run_deinit(&run);
}

static void test_ids_are_random(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_int_equal(run_add_execution(&run), 0);
    assert_int_equal(run_add_execution(&run), 1);
    assert_int_equal(strlen(run.executions[0].id), 32);
    assert_int_equal(strspn(run.executions[0].id, "0123456789abcdef"), 32);
    assert_string_not_equal(run.executions[0].id, run.executions[1].id);
    assert_int_equal(run.executions[0].exit_status, -1);
    run_deinit(&run);
}

/* Each field of the key tells counts apart; many of them are found again. */
static void test_counts(void **state)
{
    enum { MANY = 200000 };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            struct count count = { i % 2, i % 3, i % 5, i / 30, i / 10 % 3, i, i + 1, i, 2 * i };
            assert_int_equal(run_count(&run, &count), i);
        }
    assert_int_equal(run.count_count, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(run.counts[i].calls, 2 * ((uint64_t)i + 1));
        assert_int_equal(run.counts[i].errors, 2 * i);
        assert_int_equal(run.counts[i].nanoseconds, 4 * (uint64_t)i);
    }

    struct count base = { 1, 1, 1, 1, 1, 1, 5, 0, 0 };
    for (size_t field = 0; field < 6; field++) {
        struct count other = base;
        ((uint32_t *)&other)[field] = 77;
        size_t before = run.count_count;
        assert_int_equal(run_count(&run, &other), before);
        assert_int_equal(run.count_count, before + 1);
    }
    run_deinit(&run);
}

/* Results come one by one, after their calls; time stops at the most that a run file can say. */
static void test_results(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    uint32_t execution = sample_execution(&run, '1');
    uint32_t one = sample_calls(&run, execution, 0, 1, 3);
    uint32_t other = sample_calls(&run, execution, 0, 2, 3);
    assert_int_equal(sample_calls(&run, execution, 0, 1, 2), one);
    run_add_result(&run, one, true, 5);
    run_add_result(&run, one, false, 7);
    assert_int_equal(run.counts[one].errors, 1);
    assert_int_equal(run.counts[one].nanoseconds, 12);
    assert_int_equal(run.counts[other].errors, 0);
    assert_int_equal(run.counts[other].nanoseconds, 0);
    run_add_result(&run, one, true, INT64_MAX - 12);
    assert_int_equal(run.counts[one].nanoseconds, INT64_MAX);
    run_add_result(&run, one, true, 1);
    assert_int_equal(run.counts[one].nanoseconds, INT64_MAX);
    run_add_result(&run, one, true, UINT64_MAX);
    assert_int_equal(run.counts[one].nanoseconds, INT64_MAX);
    assert_int_equal(run.counts[one].errors, 4);
    run_deinit(&run);
}

static const char *find(struct run *run, uint32_t module, uint64_t offset)
{
    const struct symbol *symbol = run_find_symbol(run, module, offset);
    return symbol ? symbol->name : "-";
}

static void test_symbols_by_range(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_string_equal(find(&run, 0, 0), "-");
    assert_int_equal(run_add_symbol(&run, 4, 100, 10, "f", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(&run, 3, 100, 100, "outer", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(&run, 3, 120, 10, "inner", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(&run, 3, 125, 15, "lapping", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(&run, 5, 0, 1, "one", "", SOURCE_SYMTAB), 0);
    static const struct {
        uint32_t module;
        uint64_t offset;
        const char *name;
    } rows[] = {
        { 3, 99, "-" },      { 3, 100, "outer" },   { 3, 119, "outer" },    { 3, 120, "inner" },
        { 3, 124, "inner" }, { 3, 125, "lapping" }, { 3, 139, "lapping" },  { 3, 140, "outer" },
        { 3, 199, "outer" }, { 3, 200, "-" },       { 4, 99, "-" },         { 4, 100, "f" },
        { 4, 109, "f" },     { 4, 110, "-" },       { 5, 0, "one" },        { 5, 1, "-" },
        { 2, 100, "-" },     { 6, 0, "-" },         { 3, UINT64_MAX, "-" },
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_string_equal(find(&run, rows[i].module, rows[i].offset), rows[i].name);

    assert_int_equal(run_add_symbol(&run, 4, 100, 10, "e", "", SOURCE_SYMTAB),
                     0); /* the lesser name */
    assert_int_equal(run_add_symbol(&run, 5, 0, 3, "three", "", SOURCE_SYMTAB),
                     0); /* the longer range */
    assert_int_equal(run_add_symbol(&run, 5, 0, 2, "two", "", SOURCE_SYMTAB), 0);
    assert_string_equal(find(&run, 4, 105), "e");
    assert_string_equal(find(&run, 5, 2), "three");
    assert_int_equal(run.symbol_count, 5);
    run_deinit(&run);
}

static void test_inlined(void **state)
{
    const struct inlined *found;
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_int_equal(run_find_inlined(&run, 3, 100, &found), 0);
    assert_int_equal(run_add_inlined(&run, 3, 100, 1, "outer", "go:b"), 0);
    assert_int_equal(run_add_inlined(&run, 3, 101, 0, "other", ""), 0);
    assert_int_equal(run_add_inlined(&run, 3, 100, 0, "z", ""), 0);
    assert_int_equal(run_add_inlined(&run, 3, 100, 0, "inner", "go:a"), 0); /* the lesser name */
    assert_int_equal(run_find_inlined(&run, 3, 100, &found), 2);
    assert_string_equal(found[0].name, "inner");
    assert_string_equal(found[0].component, "go:a");
    assert_string_equal(found[1].name, "outer");
    assert_int_equal(run_find_inlined(&run, 3, 101, &found), 1);
    assert_int_equal(run_find_inlined(&run, 3, 99, &found), 0);
    assert_int_equal(run_find_inlined(&run, 4, 100, &found), 0);
    assert_int_equal(run.inlined_count, 3);
    run_deinit(&run);
}

static void test_lines(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_null(run_find_line(&run, 3, 100, 0));
    assert_int_equal(run_add_line(&run, 3, 100, 1, "b.c", 8), 0);
    assert_int_equal(run_add_line(&run, 3, 100, 0, "a.c", 9), 0);
    assert_int_equal(run_add_line(&run, 3, 100, 1, "b.c", 7), 0); /* the lesser line */
    assert_int_equal(run_add_line(&run, 3, 100, 0, "c.c", 1), 0); /* the greater file */
    assert_int_equal(run_add_line(&run, 2, 100, 0, "d.c", 1), 0);
    assert_string_equal(run_find_line(&run, 3, 100, 0)->file, "a.c");
    assert_int_equal(run_find_line(&run, 3, 100, 0)->line, 9);
    assert_int_equal(run_find_line(&run, 3, 100, 1)->line, 7);
    assert_string_equal(run_find_line(&run, 2, 100, 0)->file, "d.c");
    assert_null(run_find_line(&run, 3, 100, 2));
    assert_null(run_find_line(&run, 3, 99, 0));
    assert_null(run_find_line(&run, 4, 100, 0));
    assert_int_equal(run.line_count, 3);
    run_deinit(&run);
}

static void test_extents(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_null(run_find_extent(&run, 3, 100));
    assert_int_equal(run_add_extent(&run, 3, 100, 5), 0);
    assert_int_equal(run_add_extent(&run, 3, 90, 10), 0);
    assert_int_equal(run_add_extent(&run, 3, 100, 7), 0); /* the longer stays */
    assert_null(run_find_extent(&run, 3, 89));
    assert_int_equal(run_find_extent(&run, 3, 90)->size, 10);
    assert_int_equal(run_find_extent(&run, 3, 99)->start.offset, 90);
    assert_int_equal(run_find_extent(&run, 3, 106)->size, 7);
    assert_null(run_find_extent(&run, 3, 107));
    assert_null(run_find_extent(&run, 4, 106));
    run_deinit(&run);
}

static void test_loops(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    assert_int_equal(run_find_loop(&run, 3, 100), LOOP_UNKNOWN);
    assert_int_equal(run_add_loop(&run, 3, 100, LOOP_LIKELY), 0);
    assert_int_equal(run_add_loop(&run, 3, 100, LOOP_PROVEN), 0); /* the surer stays */
    assert_int_equal(run_add_loop(&run, 3, 90, LOOP_LIKELY), 0);
    assert_int_equal(run_find_loop(&run, 3, 100), LOOP_PROVEN);
    assert_int_equal(run_find_loop(&run, 3, 90), LOOP_LIKELY);
    assert_int_equal(run_find_loop(&run, 3, 99), LOOP_UNKNOWN);
    assert_int_equal(run_find_loop(&run, 2, 100), LOOP_UNKNOWN);
    run_deinit(&run);
}

static void test_quality(void **state)
{
    struct run run;
    struct quality quality[1];
    (void)state;

    sample_run(&run, '1');
    run_quality(&run, quality);
    assert_int_equal(quality->by_end[STACK_COMPLETE], 17);
    assert_int_equal(quality->by_end[STACK_NO_CFI], 1);
    assert_int_equal(quality->inexact, 10); /* through the tail frame */
    run_deinit(&run);
}

/* Three runs that share some things, differ in others and add them in different orders. */
static void make_run(struct run *run, int which)
{
    static const char *const paths[] = { "/lib/x.so", "/opt/x.so", "/lib/x.so" };
    static const char *const phases[] = { "b", "a", "b" };
    static const char *const sonames[] = { "", "s", "t" };

    sample_run(run, (char)('a' + which));
    uint32_t x = sample_module(run, "x.so", paths[which], sonames[which], "");
    assert_true(run_program(run, which == 1 ? "zsh" : "awk", "/bin/any") >= 0);
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 110 + which % 2u },
                                    { x, which ? FRAME_INEXACT : 0, 5 },
                                    { SAMPLE_APP, 0, 15 } };
    struct count count = { .program = 1, .nr = 3, .calls = 100 + which };
    if (which) {
        run->executions[0].results = true;
        count.errors = 50 + which;
        count.nanoseconds = INT64_MAX - which;
    }
    count.stack = sample_stack(run, frames, 3, which ? STACK_NO_CFI : STACK_CYCLE);
    count.phase = (uint32_t)run_phase(run, phases[which]);
    assert_true(run_count(run, &count) >= 0);
    run->executions[0].entries += count.calls;
    assert_int_equal(
        run_add_symbol(run, x, 0, 10 - which % 2, which ? "f" : "g", "", SOURCE_SYMTAB), 0);
    assert_int_equal(
        run_add_symbol(run, x, 40, 5, "k", "", which == 1 ? SOURCE_DYNSYM : SOURCE_DEBUG_FILE), 0);
    assert_int_equal(run_add_symbol(run, x, 20, 5, "h", which ? "go:h" : "go:g", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_inlined(run, x, 5, 0, which ? "i" : "j", which == 1 ? "go:i" : ""), 0);
    assert_int_equal(run_add_line(run, x, 5, 1, which ? "i.c" : "j.c", 3 - (uint32_t)which % 2), 0);
    assert_int_equal(run_add_extent(run, x, 60, 5 + which % 2u), 0);
    assert_int_equal(run_add_loop(run, SAMPLE_APP, 15, which == 1 ? LOOP_PROVEN : LOOP_LIKELY), 0);
    run->executions[0].exit_status = which ? -1 : 3;
    run->executions[0].exit_signal = which ? 9 : 0;
}

static char *print(struct run *run)
{
    return PRINTED(runfile_print(file, run));
}

/* Merges the runs in this order, from left to right, and prints the sum. */
static char *merge_in_order(const int order[3])
{
    struct run sum;
    assert_int_equal(run_init(&sum), 0);
    for (int i = 0; i < 3; i++) {
        struct run run;
        make_run(&run, order[i]);
        assert_int_equal(run_merge(&sum, &run), 0);
        run_deinit(&run);
    }
    char *text = print(&sum);
    run_deinit(&sum);
    return text;
}

static void test_merging_is_commutative(void **state)
{
    static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    char *first = merge_in_order(orders[0]);
    (void)state;

    for (size_t i = 1; i < LENGTH(orders); i++) {
        char *other = merge_in_order(orders[i]);
        assert_string_equal(other, first);
        free(other);
    }
    free(first);
}

/* (a + b) + c against a + (b + c), through files in between, as distributed jobs would do it. */
static char *merge_pair_first(int left)
{
    struct run runs[3], pair;
    struct runfile_error error;

    for (int i = 0; i < 3; i++)
        make_run(&runs[i], i);
    int first = left ? 0 : 1;
    assert_int_equal(run_merge(&runs[first], &runs[first + 1]), 0);
    char *text = print(&runs[first]);
    FILE *file = fmemopen(text, strlen(text), "r");
    assert_int_equal(runfile_read(file, &pair, &error), 0);
    fclose(file);
    free(text);

    assert_int_equal(run_merge(&pair, &runs[left ? 2 : 0]), 0);
    text = print(&pair);
    run_deinit(&pair);
    for (int i = 0; i < 3; i++)
        run_deinit(&runs[i]);
    return text;
}

static void test_merging_is_associative(void **state)
{
    char *left = merge_pair_first(1), *right = merge_pair_first(0);
    char *direct = merge_in_order((const int[]){ 2, 1, 0 });
    (void)state;

    assert_string_equal(left, right);
    assert_string_equal(left, direct);
    free(left);
    free(right);
    free(direct);
}

static void test_merging_adds(void **state)
{
    struct run sum, other;
    (void)state;

    sample_run(&sum, '1');
    sample_run_with_results(&other, '2');
    assert_int_equal(run_merge(&sum, &other), 0);
    assert_int_equal(sum.execution_count, 2);
    assert_false(sum.executions[0].results);
    assert_true(sum.executions[1].results);
    for (size_t i = 0; i < other.count_count; i++) {
        assert_int_equal(sum.counts[i].errors, 0);
        assert_int_equal(sum.counts[other.count_count + i].errors, other.counts[i].errors);
        assert_int_equal(sum.counts[other.count_count + i].nanoseconds,
                         other.counts[i].nanoseconds);
    }
    assert_int_equal(sum.module_count, other.module_count);
    assert_int_equal(sum.modules[SAMPLE_LIBA].loads, 2);
    assert_int_equal(sum.stacks.count, other.stacks.count);
    assert_int_equal(sum.count_count, 2 * other.count_count);
    run_deinit(&sum);
    run_deinit(&other);
}

static void test_same_id_is_refused(void **state)
{
    struct run sum, other;
    (void)state;

    sample_run(&sum, '1');
    sample_run(&other, '2');
    assert_int_equal(run_merge(&sum, &other), 0);
    char *before = print(&sum);
    assert_int_equal(run_merge(&sum, &other), -EEXIST);
    char *after = print(&sum);
    assert_string_equal(before, after);
    free(before);
    free(after);
    run_deinit(&sum);
    run_deinit(&other);
}

static void test_too_many_calls_are_refused(void **state)
{
    struct run sum, other;
    (void)state;

    sample_run(&sum, '1');
    sample_run(&other, '2');
    sum.executions[0].entries = INT64_MAX - 17;
    assert_int_equal(run_merge(&sum, &other), -EOVERFLOW);
    assert_int_equal(sum.execution_count, 1);
    sum.executions[0].entries--;
    assert_int_equal(run_merge(&sum, &other), 0);
    run_deinit(&sum);
    run_deinit(&other);
}

/* Sorting must not lose what it renumbers: keys are found again, counts keep their stacks. */
static void test_sorted_run_goes_on(void **state)
{
    struct run run;
    (void)state;

    make_run(&run, 1);
    assert_string_equal(find(&run, SAMPLE_APP, 15), "main");
    size_t counts = run.count_count;
    uint32_t stacks = run.stacks.count;
    assert_int_equal(run_sort(&run), 0);
    assert_string_equal(run.modules[MODULE_UNKNOWN].name, "[unknown]");
    assert_string_equal(run.modules[MODULE_FIRST].name, "app");
    assert_string_equal(run.phases[0], "");
    for (size_t i = 0; i < counts; i++) {
        struct count again = run.counts[i];
        assert_int_equal(run_count(&run, &again), i);
    }
    assert_int_equal(run.count_count, counts);
    for (uint32_t i = STACK_ENDS; i < stacks; i++) {
        struct stack stack = run.stacks.stacks[i];
        assert_int_equal(stacks_add(&run.stacks, stack.outer, &stack.frame), i);
    }
    assert_string_equal(find(&run, MODULE_FIRST, 15), "main");
    assert_string_equal(run.modules[MODULE_FIRST + 3].name, "libc.so.6");
    assert_string_equal(find(&run, MODULE_FIRST + 3, 120), "write");
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_keys_are_unique),
        cmocka_unit_test(test_ids_are_random),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_results),
        cmocka_unit_test(test_symbols_by_range),
        cmocka_unit_test(test_inlined),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_extents),
        cmocka_unit_test(test_loops),
        cmocka_unit_test(test_quality),
        cmocka_unit_test(test_merging_is_commutative),
        cmocka_unit_test(test_merging_is_associative),
        cmocka_unit_test(test_merging_adds),
        cmocka_unit_test(test_same_id_is_refused),
        cmocka_unit_test(test_too_many_calls_are_refused),
        cmocka_unit_test(test_sorted_run_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
