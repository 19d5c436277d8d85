/* stacktext.c - the stacks for people: their order, what each line says and what it does not. */
#include "sample.h"

#include "report/format.h"

static char *print_stacks(struct run *run, const struct table_options *options)
{
    struct table table;
    assert_int_equal(table_build(run, options, &table), 0);
    const struct subject subject = { .run = run, .table = &table };
    char *text = PRINTED(stacktext_print(file, &subject));
    table_deinit(&table);
    return text;
}

static void check_stacks(struct run *run, const struct table_options *options, const char *expected)
{
    char *text = print_stacks(run, options);
    assert_string_equal(text, expected);
    free(text);
    run_deinit(run);
}

static void test_sample(void **state)
{
    const struct table_options defaults = { 0 };
    struct run run;
    (void)state;

    sample_run(&run, '1');
    check_stacks(&run, &defaults,
                 "10 calls by liba.so.1.2 (inexact) in app (main): write 10\n"
                 "    libc.so.6    write\n"
                 "  * liba.so.1.2  +0x7  (tail)\n"
                 "    app          main\n"
                 "    app          +0x1  (entry)\n"
                 "\n"
                 "3 calls by app in app (main): write 3\n"
                 "    libc.so.6  write\n"
                 "  * app        main\n"
                 "    app        +0x1  (entry)\n"
                 "\n"
                 "2 calls by ld-linux-x86-64.so.2 in app (load): mmap 2\n"
                 "  * ld-linux-x86-64.so.2  +0x28\n"
                 "    ld-linux-x86-64.so.2  +0x5  (entry)\n"
                 "\n"
                 "1 call by [start] in app (load): execve 1\n"
                 "  * [start]  (entry)\n"
                 "\n"
                 "1 call by app in app (exit): exit_group 1\n"
                 "    libc.so.6  +0x12c\n"
                 "    libc.so.6  exit\n"
                 "  * app        +0x1  (entry)\n"
                 "\n"
                 "1 call by [unknown] in app (main): write 1\n"
                 "    libc.so.6  write\n"
                 "    ... no-cfi\n");
}

/* Calls of one stack are added up over executions, and listed by system call. */
static void test_calls(void **state)
{
    static const char *const globs[] = { "app" };
    const struct table_options options = { .runtime = { .globs = (const char **)globs,
                                                        .glob_count = 1 } };
    const struct frame frames[] = { { SAMPLE_LIBC, FRAME_SIGNAL, 120 }, { SAMPLE_APP, 0, 15 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t stack = sample_stack(&run, frames, 2, STACK_COMPLETE);
    uint32_t one = sample_execution(&run, '1'), two = sample_execution(&run, '2');
    const struct count other = {
        .execution = two, .stack = stack, .abi = ABI_I386, .nr = 4, .calls = 1
    };
    sample_calls(&run, one, stack, 3, 4);
    sample_calls(&run, one, stack, 0, 3);
    sample_calls(&run, two, stack, 0, 2);
    assert_true(run_count(&run, &other) >= 0);
    check_stacks(&run, &options,
                 "10 calls by libc.so.6 in app (main): read 5, close 4, write 1 (i386)\n"
                 "  * libc.so.6  write  (signal)\n"
                 "    app        main\n");
}

/* The same stack in two programs, and in two phases. */
static void test_programs_and_phases(void **state)
{
    const struct table_options defaults = { 0 };
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 }, { SAMPLE_APP, 0, 15 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t other = (uint32_t)run_program(&run, "o\nther", "/bin/app");
    uint32_t phase = (uint32_t)run_phase(&run, "serving");
    uint32_t stack = sample_stack(&run, frames, 2, STACK_COMPLETE);
    uint32_t execution = sample_execution(&run, '1');
    const struct count counts[] = {
        { .execution = execution, .program = other, .stack = stack, .nr = 1, .calls = 2 },
        { .execution = execution, .phase = phase, .stack = stack, .nr = 1, .calls = 1 },
    };
    sample_calls(&run, execution, stack, 1, 3);
    for (size_t i = 0; i < LENGTH(counts); i++)
        assert_true(run_count(&run, &counts[i]) >= 0);
    check_stacks(&run, &defaults,
                 "3 calls by app in app (main): write 3\n"
                 "    libc.so.6  write\n"
                 "  * app        main\n"
                 "\n"
                 "2 calls by app in o\\x0ather (main): write 2\n"
                 "    libc.so.6  write\n"
                 "  * app        main\n"
                 "\n"
                 "1 call by app in app (serving): write 1\n"
                 "    libc.so.6  write\n"
                 "  * app        main\n");
}

/* Inlined functions have lines of their own, as in the record; hostile names break none. */
static void test_inlined_and_lines(void **state)
{
    const struct table_options defaults = { 0 };
    const struct frame frames[] = { { SAMPLE_LIBC, FRAME_TAIL, 120 },
                                    { SAMPLE_APP, FRAME_INEXACT | FRAME_ENTRY, 15 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    sample_module(&run, "app", "/opt/app", "", "gnu:a8");
    uint32_t execution = sample_execution(&run, '1');
    sample_calls_by(&run, execution, frames, 2, 1, 1);
    assert_int_equal(run_add_inlined(&run, SAMPLE_LIBC, 120, 0, "not yet", ""), 0);
    assert_int_equal(run_add_line(&run, SAMPLE_LIBC, 120, 0, "not.c", 1), 0);
    assert_int_equal(run_add_line(&run, SAMPLE_LIBC, 120, 1, "write.c", 22), 0);
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 15, 0, "in\nner", "rust:a"), 0);
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 15, 1, "middle", ""), 0);
    assert_int_equal(run_add_line(&run, SAMPLE_APP, 15, 1, "\x1b.c", 7), 0);
    assert_int_equal(run_add_line(&run, SAMPLE_APP, 15, 2, "main.c", 2147483647), 0);
    check_stacks(&run, &defaults,
                 "1 call by /bin/app a (inexact) in app (main): write 1\n"
                 "    libc.so.6   write  write.c:22  (tail)\n"
                 "  * /bin/app a  in\\x0aner  (inlined)\n"
                 "    /bin/app    middle  \\x1b.c:7  (inlined)\n"
                 "    /bin/app    main  main.c:2147483647  (inexact, entry)\n");
}

/* A stack of write in libc, called by main in app; and these frames, `times` each, within what else
 * there is. */
static void add_recursion(struct run *run, const struct frame *turn, uint32_t frames,
                          uint32_t times)
{
    const struct frame start = { SAMPLE_APP, FRAME_ENTRY, 1 }, call = { SAMPLE_LIBC, 0, 120 };
    int64_t stack = stacks_add(&run->stacks, STACK_COMPLETE, &start);

    while (times--)
        stack = stacks_add_frames(&run->stacks, (uint32_t)stack, turn, frames);
    stack = stacks_add(&run->stacks, (uint32_t)stack, &call);
    sample_calls(run, sample_execution(run, '1'), (uint32_t)stack, 1, 1);
}

static void check_recursion(const struct frame *turn, uint32_t frames, uint32_t times,
                            const char *expected)
{
    const struct table_options defaults = { 0 };
    struct run run;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    add_recursion(&run, turn, frames, times);
    check_stacks(&run, &defaults, expected);
}

/* Of a recursion the first turn is shown, of one that is short all. */
static void test_recursion(void **state)
{
    const struct frame turn[] = { { SAMPLE_LIBA, 0, 7 }, { SAMPLE_LIBC, 0, 300 } };
    (void)state;

    check_recursion(turn, 1, 10000,
                    "1 call by liba.so.1.2 in app (main): write 1\n"
                    "    libc.so.6    write\n"
                    "  * liba.so.1.2  +0x7\n"
                    "    ... this frame 9999 more times\n"
                    "    app          +0x1  (entry)\n");
    check_recursion(turn, 2, 5000,
                    "1 call by liba.so.1.2 in app (main): write 1\n"
                    "    libc.so.6    write\n"
                    "  * liba.so.1.2  +0x7\n"
                    "    libc.so.6    +0x12c\n"
                    "    ... these 2 frames 4999 more times\n"
                    "    app          +0x1  (entry)\n");
    check_recursion(turn, 1, 3,
                    "1 call by liba.so.1.2 in app (main): write 1\n"
                    "    libc.so.6    write\n"
                    "  * liba.so.1.2  +0x7\n"
                    "    liba.so.1.2  +0x7\n"
                    "    liba.so.1.2  +0x7\n"
                    "    app          +0x1  (entry)\n");
}

/* What is no recursion is shown as far as 1,000 frames. */
static void test_deep(void **state)
{
    enum { FRAMES = 1500, SHOWN = 1000 };
    static struct frame turn[FRAMES];
    const struct table_options defaults = { 0 };
    struct run run;
    int lines = 0;
    (void)state;

    for (uint32_t i = 0; i < FRAMES; i++)
        turn[i] = (struct frame){ SAMPLE_LIBA, 0, i };
    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    add_recursion(&run, turn, FRAMES, 1);
    char *text = print_stacks(&run, &defaults);
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 1 + SHOWN + 1);
    assert_non_null(strstr(text, "\n    liba.so.1.2  +0x3e6\n    ... 502 more frames\n"));
    free(text);
    run_deinit(&run);
}

static void test_nothing(void **state)
{
    const struct table_options defaults = { 0 };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    check_stacks(&run, &defaults, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_programs_and_phases),
        cmocka_unit_test(test_inlined_and_lines),
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_deep),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
