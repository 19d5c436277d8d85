/* report.c - the command `report`: options, merging, formats, and one line for each mistake. */
#include "command.h"
#include "sample.h"

#include <fcntl.h>
#include <unistd.h>
#include "report/outputs.h"
#include "report/report.h"

static char directory[] = "/tmp/systrace-report-XXXXXX";

static void fail_of(const char *message)
{
    fail_msg("%s", message);
}

static void write_sample(const char *path, char digit)
{
    const struct outputs outputs = { .complain = fail_of, .paths = &path, .count = 1 };
    struct run run;

    sample_run(&run, digit);
    assert_int_equal(outputs_write(&outputs, &run), 0);
    run_deinit(&run);
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(directory) || chdir(directory))
        return -1;
    write_sample("1.json", '1');
    write_sample("2.json", '2');
    write_sample("3.csv", '3');
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink("1.json");
    unlink("2.json");
    unlink("3.csv");
    unlink("out");
    unlink("err");
    return chdir("/") || rmdir(directory);
}

#define REPORT(...) \
    run_command(report_main, "report", "out", (const char *const[]){ __VA_ARGS__, NULL })

static void check_starts(const char *path, const char *start)
{
    char *text = read_file(path);
    if (strncmp(text, start, strlen(start)))
        fail_msg("%s: '%.200s' does not start with '%s'", path, text, start);
    free(text);
}

static void test_text(void **state)
{
    (void)state;
    assert_int_equal(REPORT("1.json"), 0);
    check_starts("out", "18 system calls by 5 libraries (6 pairs)");
    assert_int_equal(REPORT("1.json", "2.json"), 0);
    check_starts("out", "36 system calls by 5 libraries (6 pairs)");
    assert_int_equal(REPORT("--runtime-library=app", "--runtime-library", "liba.*", "1.json"), 0);
    check_starts("out", "18 system calls by 4 libraries");
    assert_int_equal(REPORT("1.json", "--no-runtime-libraries"), 0);
    check_starts("out", "18 system calls by 3 libraries");
    assert_int_equal(REPORT("-q", "1.json"), 0);
    check_starts("out", "");
    char *text = read_file("out");
    assert_string_equal(text, "");
    free(text);
}

static void test_formats(void **state)
{
    (void)state;
    assert_int_equal(REPORT("1.json", "--format=csv"), 0);
    check_starts("out", "program,phase,");
    assert_int_equal(REPORT("1.json", "--format=json"), 0);
    check_starts("out", "{\"counts\":");
    assert_int_equal(REPORT("1.json", "--format=json", "--table"), 0);
    check_starts("out", "{\n\"format\":\"systrace-lib-table/1\"");
    assert_int_equal(REPORT("1.json", "--table"), 0);
    check_starts("out", "{\n\"format\":\"systrace-lib-table/1\"");
    assert_int_equal(REPORT("-h"), 0);
    check_starts("out", "Usage: systrace-lib report");
}

/* The merged run file is the same in both orders, and to be merged no more with its parts. */
static void test_merging(void **state)
{
    (void)state;
    assert_int_equal(REPORT("1.json", "2.json", "-o", "12.json", "-o", "12.csv"), 0);
    assert_int_equal(REPORT("2.json", "1.json", "-o", "21.json"), 0);
    char *one = read_file("12.json"), *other = read_file("21.json");
    assert_string_equal(one, other);
    free(one);
    free(other);
    check_starts("12.csv", "program,phase,");
    assert_int_equal(REPORT("12.json", "1.json"), 125);
    check_starts("err", "systrace-lib: 1.json: ");
    unlink("12.json");
    unlink("12.csv");
    unlink("21.json");
}

/* Exit status 125, nothing on stdout, and one line on stderr that has this in it. */
static void check_mistake(const char *part, const char *const *arguments)
{
    int status = run_command(report_main, "report", "out", arguments);
    char *out = read_file("out"), *err = read_file("err");

    if (status != 125 || *out || strncmp(err, "systrace-lib: ", 14) || !strstr(err, part) ||
        strchr(err, '\n') != err + strlen(err) - 1)
        fail_msg("%s: %d, '%s', '%s'", part, status, out, err);
    free(out);
    free(err);
}

#define MISTAKE(part, ...) check_mistake(part, (const char *const[]){ __VA_ARGS__, NULL })

static void test_mistakes(void **state)
{
    (void)state;
    check_mistake("needs a run file", (const char *const[]){ NULL });
    MISTAKE("needs a run file", "-q");
    MISTAKE("none.json: No such file", "none.json");
    MISTAKE(".: Is a directory", ".");
    MISTAKE("3.csv: it is not JSON", "3.csv");
    MISTAKE("3.csv: it is not JSON", "1.json", "3.csv");
    MISTAKE("1.json: it has a run that an earlier file has too", "1.json", "1.json");
    MISTAKE("--wrong: no such option", "--wrong", "1.json");
    MISTAKE("-x: no such option", "-x", "1.json");
    MISTAKE("-o: needs a value", "1.json", "-o");
    MISTAKE("unknown format 'xml': use csv, json,", "1.json", "--format=xml");
    MISTAKE("needs a value", "1.json", "--format");
    MISTAKE("cannot tell the format of 'a.xml'", "1.json", "-o", "a.xml");
    MISTAKE("'.': Is a directory", "1.json", "-o", ".", "--format=csv");
    MISTAKE("'none/a.csv': No such file", "1.json", "-o", "none/a.csv");
    MISTAKE("'/dev/full': No space left", "1.json", "-o", "/dev/full", "--format=csv");
    MISTAKE("no\\x0ane: No such file", "no\nne");
}

/* A mistake in one output shows before any is written. */
static void test_nothing_is_written_after_a_mistake(void **state)
{
    (void)state;
    MISTAKE("'.': Is a directory", "1.json", "-o", "a.csv", "-o", ".");
    assert_int_equal(access("a.csv", F_OK), -1);
    MISTAKE("none.json", "none.json", "-o", "a.csv");
    assert_int_equal(access("a.csv", F_OK), -1);
}

/* Filters, to stdout and to files; what they rest on is on stderr where they have no room for it.
 */
static void test_filters(void **state)
{
    (void)state;
    assert_int_equal(REPORT("1.json", "--seccomp=oci"), 0);
    check_starts("out", "{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n");
    check_starts("err", "systrace-lib: Allows the system calls that systrace-lib saw");
    assert_int_equal(REPORT("1.json", "-q", "--seccomp=oci", "-o", "f.oci", "-o", "f"), 0);
    check_starts("err", "");
    check_starts("f.oci", "{\n");
    check_starts("f", "{\n");
    assert_int_equal(REPORT("1.json", "--seccomp=systemd", "--where=library=liba*"), 0);
    check_starts("out", "# Allows the system calls that systrace-lib saw");
    check_starts("err",
                 "systrace-lib: who asked is inexact or unknown for 10 of the selected calls "
                 "and 1 of the others:");
    /* The same of the same runs, in whatever order. */
    assert_int_equal(REPORT("1.json", "2.json", "--seccomp=libseccomp-c", "-o", "f"), 0);
    assert_int_equal(REPORT("1.json", "2.json", "--seccomp=libseccomp-c", "-o", "f.oci"), 0);
    char *one = read_file("f"), *other = read_file("f.oci");
    assert_string_equal(one, other);
    free(one);
    free(other);
    unlink("f");
    unlink("f.oci");
}

static void test_mistakes_in_filters(void **state)
{
    (void)state;
    MISTAKE("--seccomp=x: there is no such filter; use oci, systemd,", "1.json", "--seccomp=x");
    MISTAKE("--with-variants needs --seccomp", "1.json", "--with-variants");
    MISTAKE("the format folded has stacks: --by", "1.json", "--format=folded", "--by=library");
    MISTAKE("the format stacks has stacks: --by", "1.json", "--total", "-o", "out.stacks");
    MISTAKE("--seccomp prints a filter, no table", "1.json", "--seccomp=oci", "--by=library");
    MISTAKE("--seccomp prints a filter, no table", "1.json", "--seccomp=oci", "--format=csv");
    MISTAKE("'.': Is a directory", "1.json", "--seccomp=oci", "-o", ".");
    MISTAKE("'/dev/full': No space left", "1.json", "-q", "--seccomp=oci", "-o", "/dev/full");
    MISTAKE("none.json: No such file", "none.json", "--seccomp=oci");
}

static void test_full_stdout(void **state)
{
    (void)state;
    assert_int_equal(
        run_command(report_main, "report", "/dev/full", (const char *const[]){ "1.json", NULL }),
        125);
    check_starts("err", "systrace-lib: cannot write the standard output: No space left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_nothing_is_written_after_a_mistake),
        cmocka_unit_test(test_filters),
        cmocka_unit_test(test_mistakes_in_filters),
        cmocka_unit_test(test_full_stdout),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
