/* outputs.c - the options about results: what they are taken for, the check in advance, the files.
 */
#include "sample.h"

#include <errno.h>
#include <getopt.h>
#include <unistd.h>
#include "report/format.h"
#include "report/outputs.h"

static char directory[] = "/tmp/systrace-outputs-XXXXXX";

/* All complaints since take() began, each with a newline. */
static char said[4096];

static void complain(const char *message)
{
    strncat(said, message, sizeof(said) - strlen(said) - 2);
    strcat(said, "\n");
}

static int setup(void **state)
{
    (void)state;
    return !mkdtemp(directory) || chdir(directory);
}

static int teardown(void **state)
{
    (void)state;
    return chdir("/") || rmdir(directory);
}

/* Takes the words, which end in NULL, as a command would; the first result that is not 0. */
static int take(struct outputs *ret, const char *const *words)
{
    static const struct option long_options[] = { OUTPUTS_LONG_OPTIONS, { 0 } };
    char *argv[20] = { (char *)"test" };
    int argc = 1, option, result = 0;

    *ret = (struct outputs){ .complain = complain };
    said[0] = '\0';
    for (; *words; words++)
        argv[argc++] = (char *)*words;
    opterr = 0;
    optind = 0;
    while (!result &&
           (option = getopt_long(argc, argv, OUTPUTS_SHORT_OPTIONS, long_options, NULL)) != -1)
        result = outputs_parse(ret, option, optarg);
    return result;
}

#define TAKE(ret, ...) take(ret, (const char *const[]){ __VA_ARGS__, NULL })

static void test_options(void **state)
{
    struct outputs o;
    (void)state;

    assert_int_equal(TAKE(&o, "-o", "a.csv", "--output=b", "--format=stacks", "--table",
                          "--runtime-library=liba*", "--runtime-library", "x",
                          "--no-runtime-libraries", "--through-signals"),
                     0);
    assert_int_equal(o.count, 2);
    assert_string_equal(o.paths[0], "a.csv");
    assert_string_equal(o.paths[1], "b");
    assert_string_equal(o.format, "stacks");
    assert_true(o.table && o.table_options.through_signals);
    assert_true(o.table_options.runtime.no_builtin);
    assert_int_equal(o.table_options.runtime.glob_count, 2);
    assert_string_equal(o.table_options.runtime.globs[1], "x");
    assert_string_equal(said, "");
    outputs_deinit(&o);
}

static void test_refused_options(void **state)
{
    struct outputs o;
    (void)state;

    assert_int_equal(TAKE(&o, "--format=x\ny"), -EINVAL);
    assert_string_equal(said, "unknown format 'x\\x0ay': use csv, json, text or stacks\n");
    outputs_deinit(&o);
    assert_int_equal(TAKE(&o, "-x"), OUTPUTS_OTHER);
    assert_string_equal(said, "");
    outputs_deinit(&o);
}

/* Each of the options has its place in the help, and each format its line. */
static void test_help(void **state)
{
    static const struct option long_options[] = { OUTPUTS_LONG_OPTIONS, { 0 } };
    char *text = PRINTED((outputs_print_help(file), 0)), wanted[64];
    (void)state;

    for (const struct option *option = long_options; option->name; option++) {
        snprintf(wanted, sizeof(wanted), "--%s%s", option->name, option->has_arg ? "=" : " ");
        if (!strstr(text, wanted) && !strstr(text, strcat(strcpy(wanted, option->name), "\n")))
            fail_msg("the help lacks '%s'", wanted);
    }
    for (const struct format *format = formats; format->name; format++)
        if (!strstr(text, format->ending) || !strstr(text, format->description))
            fail_msg("the help lacks the format '%s'", format->name);
    free(text);
}

#define CHECK_CHECK(number, message, ...)                   \
    do {                                                    \
        struct outputs checked_;                            \
        assert_int_equal(TAKE(&checked_, __VA_ARGS__), 0);  \
        assert_int_equal(outputs_check(&checked_), number); \
        assert_string_equal(said, message);                 \
        outputs_deinit(&checked_);                          \
    } while (0)

static void test_check(void **state)
{
    static const char unknown[] = "cannot tell the format of 'a.xml': end its name in .csv, .json, "
                                  ".txt or .stacks, or give --format\n";
    (void)state;

    CHECK_CHECK(0, "", "--table");
    CHECK_CHECK(0, "", "-o", "a.csv", "-o", "a.json", "-o", "a.txt", "-o", "a.stacks");
    CHECK_CHECK(0, "", "-o", "a.xml", "--format=json");
    CHECK_CHECK(-EINVAL, unknown, "-o", "a.csv", "-o", "a.xml", "-o", "b.xml");
    CHECK_CHECK(-EINVAL, unknown, "-o", "a.xml", "--table");
    CHECK_CHECK(-EISDIR, "cannot write '.': Is a directory\n", "-o", ".");
    CHECK_CHECK(-EISDIR, "cannot write '.': Is a directory\n", "-o", ".", "--format=csv");
}

/* The file begins so. It is removed. */
static void check_start(const char *path, const char *expected)
{
    char start[64] = "";
    FILE *file = fopen(path, "r");

    if (!file)
        fail_msg("there is no %s", path);
    assert_int_equal(fread(start, 1, strlen(expected), file), strlen(expected));
    assert_string_equal(start, expected);
    fclose(file);
    unlink(path);
}

static const char csv_start[] = "program,phase,", run_start[] = "{\"counts\":[",
                  tablejson_start[] = "{\n\"format\":\"systrace-lib-table/1\"",
                  text_start[] = "18 system calls",
                  stacks_start[] = "10 calls by liba.so.1.2 (inexact) in app";

#define WRITE(run, number, ...)                                  \
    do {                                                         \
        struct outputs written_;                                 \
        assert_int_equal(TAKE(&written_, __VA_ARGS__), 0);       \
        assert_int_equal(outputs_write(&written_, run), number); \
        outputs_deinit(&written_);                               \
    } while (0)

static void test_files(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    WRITE(&run, 0, "-o", "a.csv", "-o", "a.json", "-o", "a.txt", "-o", "a.stacks");
    check_start("a.csv", csv_start);
    check_start("a.json", run_start);
    check_start("a.txt", text_start);
    check_start("a.stacks", stacks_start);
    WRITE(&run, 0, "-o", "a.csv", "-o", "a.json", "--table");
    check_start("a.csv", csv_start);
    check_start("a.json", tablejson_start);
    WRITE(&run, 0, "-o", "a.csv", "-o", "a.xml", "--format=text");
    check_start("a.csv", text_start);
    check_start("a.xml", text_start);
    assert_string_equal(said, "");
    run_deinit(&run);
}

/* Printing a run sorts it: a table from before that would be of other numbers. */
static void test_table_after_the_run(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    struct module last = run.modules[run.module_count - 1];
    run.modules[run.module_count - 1] = run.modules[SAMPLE_LIBC];
    run.modules[SAMPLE_LIBC] = last; /* so that their order will change */
    WRITE(&run, 0, "-o", "1.csv", "-o", "1.json", "-o", "2.csv");
    assert_int_equal(system("cmp -s 1.csv 2.csv"), 0);
    unlink("1.csv");
    unlink("2.csv");
    unlink("1.json");
    run_deinit(&run);
}

/* Each is tried, and each that fails is complained of. */
static void test_failures(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    WRITE(&run, -ENOSPC, "-o", "a.xml", "-o", "none/a.csv", "-o", "/dev/full", "-o", "a.csv",
          "--format=json");
    assert_string_equal(said, "cannot write 'none/a.csv': No such file or directory\n"
                              "cannot write '/dev/full': No space left on device\n");
    check_start("a.xml", run_start);
    check_start("a.csv", run_start);
    WRITE(&run, -EINVAL, "-o", "a.xml");
    assert_true(!strncmp(said, "cannot tell", 11));
    run_deinit(&run);
}

static void check_stream(const char *const *words, const char *format, const char *expected)
{
    struct outputs o;
    struct run run;

    sample_run(&run, '1');
    assert_int_equal(take(&o, words), 0);
    char *text = PRINTED(outputs_print(&o, &run, format, file));
    if (strncmp(text, expected, strlen(expected)))
        fail_msg("'%s' does not begin with '%s'", text, expected);
    free(text);
    outputs_deinit(&o);
    run_deinit(&run);
}

static void test_stream(void **state)
{
    (void)state;
    check_stream((const char *const[]){ NULL }, "text", text_start);
    check_stream((const char *const[]){ "--table", NULL }, "text", text_start);
    check_stream((const char *const[]){ "--table", NULL }, "json", tablejson_start);
    check_stream((const char *const[]){ "--format=csv", NULL }, "text", csv_start);
    check_stream((const char *const[]){ "--format=json", NULL }, "text", run_start);
    check_stream((const char *const[]){ "--format=json", "--table", NULL }, "text",
                 tablejson_start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),  cmocka_unit_test(test_refused_options),
        cmocka_unit_test(test_help),     cmocka_unit_test(test_check),
        cmocka_unit_test(test_files),    cmocka_unit_test(test_table_after_the_run),
        cmocka_unit_test(test_failures), cmocka_unit_test(test_stream),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
