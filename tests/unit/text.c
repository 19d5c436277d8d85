/* text.c - the table for people: its first line, its order, and never wider than asked for. */
#include "sample.h"

#include "report/format.h"
#include "report/text.h"

static const struct table_options defaults;

static char *print_text(struct run *run, int width)
{
    struct table table;
    assert_int_equal(table_build(run, &defaults, &table), 0);
    const struct subject subject = { .table = &table, .width = width };
    char *text = PRINTED(text_print(file, &subject));
    table_deinit(&table);
    return text;
}

static void test_sample(void **state)
{
    static const char expected[] =
        "18 system calls by 5 libraries (6 pairs); 17 stacks complete (94.44 %),\n"
        "1 incomplete: 1 no-cfi; 10 inexact\n"
        "\n"
        "   calls      %    issued  on stack  library\n"
        "      10   55.5         0        10  liba.so.1.2\n"
        "       4   22.2         0        14  app\n"
        "       2   11.1         2         2  ld-linux-x86-64.so.2\n"
        "       1    5.5         1         1  [start]\n"
        "       1    5.5         0         1  [unknown]\n"
        "       0    0.0        15        15  libc.so.6\n"
        "\n"
        "   calls    issued  on stack  system call\n"
        "\n"
        "liba.so.1.2\n"
        "      10         0        10  write\n"
        "\n"
        "app\n"
        "       3         0        13  write\n"
        "       1         0         1  exit_group\n"
        "\n"
        "ld-linux-x86-64.so.2\n"
        "       2         2         2  mmap\n"
        "    capabilities: map-code\n"
        "\n"
        "[start]\n"
        "       1         1         1  execve\n"
        "    capabilities: run-program\n"
        "\n"
        "[unknown]\n"
        "       1         0         1  write\n"
        "\n"
        "libc.so.6\n"
        "    issued for others: write 14, exit_group 1\n";
    struct run run;
    (void)state;

    sample_run(&run, '1');
    char *text = print_text(&run, 80);
    assert_string_equal(text, expected);
    free(text);
    run_deinit(&run);
}

/* Two more columns; what is not known of a part is not known of the whole. */
static void test_results(void **state)
{
    static const char expected[] =
        "   calls      %    issued  on stack  errors   seconds  library\n"
        "      17   68.0         0        17       ?         ?  liba.so.1.2\n"
        "       4   16.0         0        21       1  0.001235  app\n"
        "       2    8.0         2         2       0  0.000000  ld-linux-x86-64.so.2\n"
        "       1    4.0         1         1       0  0.000000  [start]\n"
        "       1    4.0         0         1       0  0.000000  [unknown]\n"
        "       0    0.0        22        22       0  0.000000  libc.so.6\n"
        "\n"
        "   calls    issued  on stack  errors   seconds  system call\n"
        "\n"
        "liba.so.1.2\n"
        "      10         0        10       4  5.000000  write\n"
        "       7         0         7       ?         ?  open\n"
        "    capabilities: read-files, write-files\n"
        "\n"
        "app\n"
        "       3         0        13       1  0.001235  write\n"
        "       1         0         1       0  0.000000  exit_group\n"
        "    on the stack of: open 7\n"
        "\n"
        "ld-linux-x86-64.so.2\n"
        "       2         2         2       0  0.000000  mmap\n"
        "    capabilities: map-code\n";
    struct run run;
    (void)state;

    sample_run_with_results(&run, '1');
    uint32_t by_liba = run.counts[2].stack;
    sample_calls(&run, sample_execution(&run, '2'), by_liba, 2, 7);
    char *text = print_text(&run, 80), *table = strstr(text, "   calls");
    assert_non_null(table);
    assert_memory_equal(table, expected, strlen(expected));
    free(text);
    run_deinit(&run);
}

static void test_empty(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    char *text = print_text(&run, 80);
    assert_string_equal(text,
                        "0 system calls by 0 libraries (0 pairs); 0 stacks complete (100 %)\n");
    free(text);
    run_deinit(&run);
}

static void test_agent(void **state)
{
    static const char expected[] =
        "18 system calls by 5 libraries (6 pairs); 17 stacks complete (94.44 %),\n"
        "1 incomplete: 1 no-cfi; 10 inexact\n"
        "agent: 61.11 % of 18 calls; stops: 4 early, 1 that always stop,\n"
        "2 with a new stack; sites: 5 patched, 4 not: 3 unmovable, 1 no-room\n"
        "\n";
    struct run run;
    (void)state;

    sample_run(&run, '1');
    struct execution *execution = &run.executions[0];
    execution->agent_calls = 11;
    execution->agent_stops[AGENT_STOP_EARLY] = 4;
    execution->agent_stops[AGENT_STOP_CALL] = 1;
    execution->agent_stops[AGENT_STOP_NEW] = 2;
    execution->agent_sites[AGENT_FORM_ONE] = 3;
    execution->agent_sites[AGENT_FORM_FEW] = 2;
    execution->agent_sites[AGENT_FORM_UNMOVABLE] = 3;
    execution->agent_sites[AGENT_FORM_NO_ROOM] = 1;
    char *text = print_text(&run, 80);
    assert_memory_equal(text, expected, strlen(expected));
    free(text);
    run_deinit(&run);
}

/* All counters that are rather not there, and a share that must not round up to 100 %. */
static void test_flaws(void **state)
{
    static const char expected[] =
        "10000018 system calls by 5 libraries (6 pairs); 10000017 stacks complete (99.99 %), 1 "
        "incomplete: 1 no-cfi; 10 inexact; 3 denied by the program's own filter; 8 refused, as the "
        "user asked; 2 in which the "
        "thread may have been killed; 4 more through the vsyscall page; 6 more not recorded, in a "
        "pause; 5 more lost\n";
    struct run run;
    (void)state;

    sample_run(&run, '1');
    run.executions[0].denied = 3;
    run.executions[0].refused = 8;
    run.executions[0].killed = 2;
    run.executions[0].vsyscall = 4;
    run.executions[0].paused = 6;
    run.executions[0].lost = 5;
    sample_calls(&run, 0, SAMPLE_START_STACK, 59, 10000000);
    char *text = print_text(&run, 1000);
    assert_memory_equal(text, expected, strlen(expected));
    free(text);
    run_deinit(&run);
}

/* Columns on a terminal: one for each character, two for the wide ones of these tests. */
static int columns(const char *line, size_t length)
{
    int width = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)line[i];
        width += byte < 0x80 || byte >= 0xc0;
        width += byte >= 0xe3;
    }
    return width;
}

static void check_width(const char *text, int width)
{
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        size_t length = (size_t)(strchr(line, '\n') - line);
        if (columns(line, length) > width)
            fail_msg("wider than %d: %.*s", width, (int)length, line);
    }
}

/* Ten libraries with long names, forty system calls each, with roles of all kinds. */
static void make_wide_run(struct run *run)
{
    assert_int_equal(run_init(run), 0);
    sample_modules(run);
    uint32_t execution = sample_execution(run, '1');
    for (uint32_t i = 0; i < 10; i++) {
        char name[200];
        snprintf(name, sizeof(name), "lib%u-%s%s.so.%u", i, i % 2 ? "\xe4\xb8\xad\xe6\x96\x87" : "",
                 "a-rather-long-name-that-does-not-fit-into-eighty-columns-of-a-terminal-window",
                 i);
        uint32_t module = sample_module(run, name, "/lib/long", "", "");
        for (uint32_t nr = 0; nr < 40; nr++) {
            const struct frame frames[] = { { SAMPLE_LIBC, 0, nr },
                                            { module, 0, i + nr },
                                            { SAMPLE_APP, 0, 16 } };
            sample_calls_by(run, execution, frames, 3, nr, 1 + i * nr * 1000);
        }
    }
}

static void test_width(void **state)
{
    static const int widths[] = { 45, 60, 80, 100, 200 };
    struct run run;
    (void)state;

    make_wide_run(&run);
    for (size_t i = 0; i < LENGTH(widths); i++) {
        char *text = print_text(&run, widths[i]);
        check_width(text, widths[i]);
        free(text);
    }
    run.executions[0].results = true; /* with the widest of numbers, which need 72 columns */
    for (size_t i = 0; i < run.count_count; i++)
        run_add_result(&run, (uint32_t)i, true, i % 2 ? INT64_MAX / 1000 : i);
    for (size_t i = 0; i < LENGTH(widths); i++) {
        char *text = print_text(&run, widths[i]);
        check_width(text, widths[i] < 72 ? 72 : widths[i]);
        free(text);
    }
    run.executions[0].results = false;
    char *text = print_text(&run, 80);
    assert_non_null(strstr(text, "  lib8-a-rather-long-n...terminal-window.so.8\n"));
    free(text);
    text = print_text(&run, 0); /* as narrow as the numbers allow, and no crash */
    check_width(text, 45);
    free(text);
    run_deinit(&run);
}

/* Of two libraries of one name the path tells which is which, else the identity. */
static void test_labels(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    const uint32_t modules[] = { sample_module(&run, "x.so", "/a/x.so", "", "gnu:1111"),
                                 sample_module(&run, "x.so", "/b/x.so", "", "gnu:2222"),
                                 sample_module(&run, "x.so", "/b/x.so", "", "gnu:3333"),
                                 sample_module(&run, "y\n.so", "/c/y.so", "", "gnu:4444") };
    for (size_t i = 0; i < LENGTH(modules); i++) {
        const struct frame frames[] = { { modules[i], 0, 1 } };
        sample_calls_by(&run, execution, frames, 1, 1, i + 1);
    }
    char *text = print_text(&run, 80);
    assert_non_null(strstr(text, "\n/a/x.so\n"));
    assert_non_null(strstr(text, "\n/b/x.so gnu:2222\n"));
    assert_non_null(strstr(text, "\n/b/x.so gnu:3333\n"));
    assert_non_null(strstr(text, "\ny\\x0a.so\n"));
    free(text);
    run_deinit(&run);
}

static void test_other_abis(void **state)
{
    const struct frame frames[] = { { SAMPLE_APP, 0, 1 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    sample_execution(&run, '1');
    struct count count = { .abi = ABI_I386, .nr = 4, .calls = 3 };
    count.stack = sample_stack(&run, frames, 1, STACK_COMPLETE);
    assert_true(run_count(&run, &count) >= 0);
    char *text = print_text(&run, 80);
    assert_non_null(strstr(text, "  write (i386)\n"));
    free(text);
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),  cmocka_unit_test(test_empty),
        cmocka_unit_test(test_results), cmocka_unit_test(test_flaws),
        cmocka_unit_test(test_agent),   cmocka_unit_test(test_width),
        cmocka_unit_test(test_labels),  cmocka_unit_test(test_other_abis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
