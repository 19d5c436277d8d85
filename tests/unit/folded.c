/* folded.c - folded stacks: their lines, hostile names, inlined functions, marks, and deep stacks.
 */
#include "sample.h"

#include "report/calltree.h"
#include "report/format.h"

static char *print_folded(struct run *run)
{
    struct table table;

    assert_int_equal(table_build(run, &(struct table_options){ 0 }, &table), 0);
    const struct subject subject = { .run = run, .table = &table };
    char *text = PRINTED(folded_print(file, &subject));
    table_deinit(&table);
    return text;
}

static void check_folded(struct run *run, const char *expected)
{
    char *text = print_folded(run);

    assert_string_equal(text, expected);
    free(text);
    run_deinit(run);
}

/* The sum of the numbers behind the last space of each line; a line has at least two frames. */
static uint64_t sum_of(const char *text, size_t *lines)
{
    uint64_t sum = 0;

    for (*lines = 0; *text; (*lines)++) {
        const char *end = strchr(text, '\n'), *space = memrchr(text, ' ', (size_t)(end - text));
        assert_non_null(space);
        assert_non_null(memchr(text, ';', (size_t)(space - text)));
        char *behind;
        sum += strtoull(space + 1, &behind, 10);
        assert_ptr_equal(behind, end);
        text = end + 1;
    }
    return sum;
}

static void test_empty(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    check_folded(&run, "");
}

/* Of several executions and phases the same stack is one line; frames of one function at several
 * places are one. */
static void test_sums(void **state)
{
    const struct frame one[] = { { SAMPLE_LIBC, 0, 120 }, { SAMPLE_APP, 0, 15 } };
    const struct frame two[] = { { SAMPLE_LIBC, 0, 121 }, { SAMPLE_APP, 0, 16 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    for (char digit = '1'; digit < '4'; digit++) {
        uint32_t execution = sample_execution(&run, digit);
        sample_calls_by(&run, execution, one, 2, 1, 1);
        sample_calls_by(&run, execution, two, 2, 1, 10);
        sample_calls_by(&run, execution, one, 2, 0, 100);
    }
    check_folded(&run, "app;main [app];write [libc.so.6];read 300\n"
                       "app;main [app];write [libc.so.6];write 33\n");
}

static void test_hostile_names(void **state)
{
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 300 }, { SAMPLE_APP, 0, 110 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 100, 20, "a;b\nc d 7 \\\xe2\x80\xa8\xff 12",
                                    "", SOURCE_SYMTAB),
                     0);
    assert_int_equal(run_add_symbol(&run, SAMPLE_LIBC, 300, 20, "", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_program(&run, "p;\n\xe2\x80\xa9 1", "/p"), 1);
    const struct count count = {
        .execution = sample_execution(&run, '1'),
        .program = 1,
        .stack = sample_stack(&run, frames, 2, STACK_COMPLETE),
        .abi = ABI_I386,
        .nr = 4,
        .calls = 5,
    };
    run_count(&run, &count);
    check_folded(&run, "p\\x3b\\x0a\\xe2\\x80\\xa9 1;"
                       "a\\x3bb\\x0ac d 7 \\\\\\xe2\\x80\\xa8\\xff 12 [app]; [libc.so.6];"
                       "write(i386) 5\n");
}

/* Of a tail frame nothing is inlined yet; an incomplete stack says so at its outer end. */
static void test_inlined_and_marks(void **state)
{
    const struct frame frames[] = { { SAMPLE_APP, FRAME_TAIL, 15 },
                                    { SAMPLE_APP, FRAME_SIGNAL, 15 },
                                    { SAMPLE_LIBA, FRAME_SPAWNED_BY, 7 },
                                    { MODULE_ANON, 0, 0xffff800000000000 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 15, 0, "in", ""), 0);
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 15, 1, "out", "c:lib"), 0);
    uint32_t execution = sample_execution(&run, '1');
    sample_calls(&run, execution, sample_stack(&run, frames, 4, STACK_TOO_DEEP), 1, 1);
    sample_calls(&run, execution, STACK_NO_MEMORY, 1, 1);
    char *text = print_folded(&run);
    assert_non_null(strstr(text, "app;... too-deep;[anon]+0xffff800000000000;"
                                 "liba.so.1.2+0x7 (spawned-by);main [app] (signal);out [app lib];"
                                 "in [app];main [app];write 1\n"));
    assert_non_null(strstr(text, "app;... no-memory;write 1\n"));
    free(text);
    run_deinit(&run);
}

/* A recursion of 100,000 levels, each of which makes a call: cut in its middle, so that those too
 * deep are one line. */
static void test_deep(void **state)
{
    enum { DEPTH = 100000 };
    struct run run;
    size_t lines;
    int64_t stack = STACK_COMPLETE;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    for (int i = 0; i < DEPTH; i++) {
        stack = stacks_add(&run.stacks, (uint32_t)stack, &(struct frame){ SAMPLE_APP, 0, 15 });
        assert_true(stack >= 0);
        sample_calls(&run, execution, (uint32_t)stack, 1, 1);
    }
    char *text = print_folded(&run);
    assert_int_equal(sum_of(text, &lines), DEPTH);
    assert_int_equal(lines, CALLTREE_DEPTH_MAX + 1);
    assert_in_range(strlen(text), 1, 4000000);
    char *mark = strstr(text, ";... frames left out;");
    assert_non_null(mark);
    assert_null(strstr(mark + 1, ";... frames left out;"));
    char *end = strchr(mark, '\n');
    assert_non_null(end);
    char wanted[32];
    snprintf(wanted, sizeof(wanted), ";write %d", DEPTH - CALLTREE_DEPTH_MAX);
    assert_memory_equal(end - strlen(wanted), wanted, strlen(wanted));
    free(text);
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_sums),
        cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_inlined_and_marks),
        cmocka_unit_test(test_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
