/* csv.c - the table as CSV, and as JSON: header, order, quoting, hostile names. */
#include "sample.h"

#include "report/format.h"
#include "report/grid.h"

static const struct table_options defaults;

static char *print_grid(format_print *print, const struct table *table)
{
    struct grid grid;

    assert_int_equal(grid_of_table(table, &grid), 0);
    char *text = PRINTED(print(file, &(struct subject){ .grid = &grid }));
    grid_deinit(&grid);
    return text;
}

static char *print_csv(struct run *run)
{
    struct table table;
    assert_int_equal(table_build(run, &defaults, &table), 0);
    char *text = print_grid(csv_print, &table);
    table_deinit(&table);
    return text;
}

static void test_sample(void **state)
{
    static const char expected[] =
        "program,phase,library,component,syscall,abi,nr,calls,issued,on_stack,inexact,incomplete,"
        "errors,runs,soname,path,build_id,program_path\n"
        "app,exit,app,,exit_group,x86_64,231,1,0,1,0,0,,1,,/bin/app,a9,/bin/app\n"
        "app,exit,libc.so.6,,exit_group,x86_64,231,0,1,1,0,0,,1,libc.so.6,/lib/libc.so.6,c0ffee,"
        "/bin/app\n"
        "app,load,[start],,execve,x86_64,59,1,1,1,0,0,,1,,,,/bin/app\n"
        "app,load,ld-linux-x86-64.so.2,,mmap,x86_64,9,2,2,2,0,0,,1,ld-linux-x86-64.so.2,"
        "/lib/ld-linux-x86-64.so.2,1d,/bin/app\n"
        "app,main,[unknown],,write,x86_64,1,1,0,1,0,1,,1,,,,/bin/app\n"
        "app,main,app,,write,x86_64,1,3,0,13,0,0,,1,,/bin/app,a9,/bin/app\n"
        "app,main,liba.so.1.2,,write,x86_64,1,10,0,10,10,0,,1,liba.so.1,/lib/liba.so.1.2,sha1:a,"
        "/bin/app\n"
        "app,main,libc.so.6,,write,x86_64,1,0,14,14,0,0,,1,libc.so.6,/lib/libc.so.6,c0ffee,"
        "/bin/app\n";
    struct run run;
    (void)state;

    sample_run(&run, '1');
    char *text = print_csv(&run);
    assert_string_equal(text, expected);
    free(text);
    run_deinit(&run);
}

/* One more column, at the end: others keep their places. */
static void test_results(void **state)
{
    static const char expected[] =
        "program,phase,library,component,syscall,abi,nr,calls,issued,on_stack,inexact,incomplete,"
        "errors,runs,soname,path,build_id,program_path,nanoseconds\n"
        "app,exit,app,,exit_group,x86_64,231,1,0,1,0,0,0,1,,/bin/app,a9,/bin/app,0\n"
        "app,exit,libc.so.6,,exit_group,x86_64,231,0,1,1,0,0,0,1,libc.so.6,/lib/libc.so.6,c0ffee,"
        "/bin/app,0\n"
        "app,load,[start],,execve,x86_64,59,1,1,1,0,0,0,1,,,,/bin/app,0\n"
        "app,load,ld-linux-x86-64.so.2,,mmap,x86_64,9,2,2,2,0,0,0,1,ld-linux-x86-64.so.2,"
        "/lib/ld-linux-x86-64.so.2,1d,/bin/app,0\n"
        "app,main,[unknown],,write,x86_64,1,1,0,1,0,1,0,1,,,,/bin/app,0\n"
        "app,main,app,,write,x86_64,1,3,0,13,0,0,1,1,,/bin/app,a9,/bin/app,1234567\n"
        "app,main,liba.so.1.2,,write,x86_64,1,10,0,10,10,0,4,1,liba.so.1,/lib/liba.so.1.2,sha1:a,"
        "/bin/app,5000000000\n"
        "app,main,libc.so.6,,write,x86_64,1,0,14,14,0,0,0,1,libc.so.6,/lib/libc.so.6,c0ffee,"
        "/bin/app,0\n";
    struct run run;
    (void)state;

    sample_run_with_results(&run, '1');
    char *text = print_csv(&run);
    assert_string_equal(text, expected);
    free(text);
    run_deinit(&run);
}

/* What is not known is empty, and sorts before what is, whichever came first. */
static void test_results_of_some(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    for (uint32_t i = 0; i < 3; i++) {
        const struct frame frames[] = { { sample_module(&run, "x", "/p", "",
                                                        i == 0   ? "2"
                                                        : i == 1 ? "1"
                                                                 : "3"),
                                          0, 1 } };
        uint32_t execution = sample_execution(&run, (char)('1' + i));
        uint32_t count = sample_calls_by(&run, execution, frames, 1, 1, 1);
        run.executions[execution].results = i != 1;
        run_add_result(&run, count, i == 0, 77);
    }
    char *text = print_csv(&run);
    assert_string_equal(strchr(text, '\n'),
                        "\napp,main,x,,write,x86_64,1,1,1,1,0,0,,1,,/p,1,/bin/app,\n"
                        "app,main,x,,write,x86_64,1,1,1,1,0,0,0,1,,/p,3,/bin/app,77\n"
                        "app,main,x,,write,x86_64,1,1,1,1,0,0,1,1,,/p,2,/bin/app,77\n");
    free(text);
    run_deinit(&run);
}

static void test_empty(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    char *text = print_csv(&run);
    assert_string_equal(strchr(text, '\n'), "\n");
    free(text);
    run_deinit(&run);
}

/* One call by a library of this name; its row's third column must read `cell`. */
static void check_cell(const char *name, const char *cell)
{
    struct run run;
    char *expected;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    const struct frame frames[] = { { sample_module(&run, name, "/p", "", ""), 0, 1 } };
    sample_calls_by(&run, sample_execution(&run, '1'), frames, 1, 1, 1);
    assert_true(asprintf(&expected, "\napp,main,%s,,write,x86_64,1,1,1,1,0,0,,1,,/p,,/bin/app\n",
                         cell) > 0);
    char *text = print_csv(&run);
    assert_string_equal(strchr(text, '\n'), expected);
    free(text);
    free(expected);
    run_deinit(&run);
}

static void test_hostile_names(void **state)
{
    (void)state;
    check_cell("plain", "plain");
    check_cell("with space", "with space");
    check_cell("a,b", "\"a,b\"");
    check_cell("say \"hi\"", "\"say \"\"hi\"\"\"");
    check_cell("two\nlines", "two\\x0alines");
    check_cell("back\\slash", "back\\\\slash");
    check_cell("bad\xff", "bad\\xff");
    check_cell("caf\xc3\xa9", "caf\xc3\xa9");
    check_cell("=1+1", "'=1+1");
    check_cell("+x", "'+x");
    check_cell("-x", "'-x");
    check_cell("@x", "'@x");
    check_cell("=A1,\"b\"", "\"'=A1,\"\"b\"\"\"");
    check_cell("'=x", "''=x");
    check_cell("'x", "'x");
    check_cell("\t=x", "\\x09=x");
    check_cell("a=b", "a=b");
}

/* Names sort bytewise as printed, numbers as numbers, whatever the order of coming. */
static void test_order(void **state)
{
    static const char *const names[] = { "b", "a", "\xc3\xa9", "B", "a.b", "a-b", "a b" };
    static const char *const sorted[] = { "B", "a", "a b", "a-b", "a.b", "b", "\xc3\xa9" };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    for (size_t i = 0; i < LENGTH(names); i++) {
        const struct frame frames[] = { { sample_module(&run, names[i], "", "", ""), 0, 1 } };
        sample_calls_by(&run, execution, frames, 1, 1, 1);
        sample_calls_by(&run, execution, frames, 1, 0, 1);
    }
    char *text = print_csv(&run), *line = strchr(text, '\n') + 1;
    for (size_t i = 0; i < LENGTH(sorted); i++)
        for (int write = 0; write < 2; write++) {
            char expected[64];
            snprintf(expected, sizeof(expected), "app,main,%s,,%s,x86_64,%d,", sorted[i],
                     write ? "write" : "read", write);
            assert_memory_equal(line, expected, strlen(expected));
            line = strchr(line, '\n') + 1;
        }
    assert_string_equal(line, "");
    free(text);
    run_deinit(&run);
}

static void test_json(void **state)
{
    struct run run;
    struct table table;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    const struct frame frames[] = { { sample_module(&run, "=\"\n", "/p", "", ""), 0, 1 } };
    sample_calls_by(&run, sample_execution(&run, '1'), frames, 1, 1, 7);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    char *text = print_grid(tablejson_print, &table);
    assert_string_equal(
        text, "{\n\"format\":\"systrace-lib-table/1\",\n\"rows\":[\n"
              "{\"abi\":\"x86_64\",\"build_id\":\"\",\"calls\":7,\"component\":\"\","
              "\"errors\":null,\"incomplete\":0,\"inexact\":0,\"issued\":7,"
              "\"library\":\"=\\\"\\\\x0a\",\"nr\":1,\"on_stack\":7,\"path\":\"/p\","
              "\"phase\":\"main\",\"program\":\"app\",\"program_path\":\"/bin/app\",\"runs\":1,"
              "\"soname\":\"\",\"syscall\":\"write\"}\n]\n}\n");
    free(text);
    table_deinit(&table);
    run_deinit(&run);
}

static void test_json_results(void **state)
{
    struct run run, other;
    struct table table;
    (void)state;

    sample_run_with_results(&run, '1');
    sample_run(&other, '2');
    const struct frame frames[] = { { SAMPLE_APP, 0, 1 } };
    sample_calls_by(&other, 0, frames, 1, 2, 1);
    run_add_result(&run, sample_calls(&run, 0, SAMPLE_START_STACK, 3, 1), true, 7);
    assert_int_equal(run_merge(&run, &other), 0);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    char *text = print_grid(tablejson_print, &table);
    assert_non_null(strstr(text, "\"component\":\"\",\"errors\":null,\"incomplete\":0,"
                                 "\"inexact\":0,\"issued\":1,\"library\":\"app\","
                                 "\"nanoseconds\":null,\"nr\":2,"));
    assert_non_null(strstr(text, "\"component\":\"\",\"errors\":1,\"incomplete\":0,"
                                 "\"inexact\":0,\"issued\":1,\"library\":\"[start]\","
                                 "\"nanoseconds\":7,\"nr\":3,"));
    free(text);
    table_deinit(&table);
    run_deinit(&run);
    run_deinit(&other);
}

/* Nothing in a name is markup, nor a link. */
static void test_markdown(void **state)
{
    const char *const names[] = { "a|b*c", "<b>", "www.evil.example", "http://evil.example", "@x" };
    struct grid grid;
    (void)state;

    assert_int_equal(grid_init(&grid, 1, LENGTH(names), 0), 0);
    grid.columns[0] = "library";
    for (size_t i = 0; i < LENGTH(names); i++)
        grid.rows[i][0] = (struct grid_cell){ .kind = GRID_TEXT, .text = names[i] };
    char *text = PRINTED(markdown_print(file, &(struct subject){ .grid = &grid }));
    assert_string_equal(text, "| library |\n| --- |\n| a\\|b\\*c |\n| &lt;b\\> |\n"
                              "| www\\.evil.example |\n| http\\://evil.example |\n| \\@x |\n");
    free(text);
    grid_deinit(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_markdown),     cmocka_unit_test(test_sample),
        cmocka_unit_test(test_empty),        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_order),        cmocka_unit_test(test_json),
        cmocka_unit_test(test_results),      cmocka_unit_test(test_results_of_some),
        cmocka_unit_test(test_json_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
