/* coverage.c - the command `coverage`: which runs and workloads showed what, the estimates of that,
 * its formats, and one line for each mistake. (richness.c has the formulas.) */
#include "command.h"
#include "sample.h"

#include <jansson.h>
#include <unistd.h>
#include "report/coverage.h"
#include "report/outputs.h"

static char directory[] = "/tmp/systrace-coverage-XXXXXX";

enum { OURS = 125 };

/* ---- Run files ---- */

static void fail_of(const char *message)
{
    fail_msg("%s", message);
}

static void write_run(const char *path, struct run *run)
{
    const struct outputs outputs = { .complain = fail_of, .paths = &path, .count = 1 };

    assert_int_equal(outputs_write(&outputs, run), 0);
    run_deinit(run);
}

/* Calls of these numbers by a library, each once. */
static void add_calls(struct run *run, uint32_t library, const char *numbers)
{
    const struct frame frames[] = { { library, 0, 9 }, { SAMPLE_APP, FRAME_ENTRY, 1 } };
    char *rest;

    for (uint32_t nr; *numbers && (nr = (uint32_t)strtoul(numbers, &rest, 10), rest > numbers);
         numbers = rest)
        sample_calls_by(run, 0, frames, 2, nr, 1 + nr % 3);
}

/* A run in which liba and app ask for these system calls. */
static void begin_run(struct run *run, char digit, const char *workload, const char *liba,
                      const char *app)
{
    assert_int_equal(run_init(run), 0);
    sample_modules(run);
    sample_execution(run, digit);
    run->executions[0].workload = strdup(workload);
    add_calls(run, SAMPLE_LIBA, liba);
    add_calls(run, SAMPLE_APP, app);
}

static void make_run(const char *path, char digit, const char *workload, const char *liba,
                     const char *app)
{
    struct run run;

    begin_run(&run, digit, workload, liba, app);
    write_run(path, &run);
}

/* System calls: 0 read, 1 write, 2 open, 3 close, 9 mmap, 60 exit. */
static int setup(void **state)
{
    struct run run;
    (void)state;

    if (!mkdtemp(directory) || chdir(directory))
        return -1;
    make_run("a1.json", '1', "a", "0 1 2", "60");
    make_run("a2.json", '2', "a", "0 1", "60");
    make_run("b.json", '3', "b", "0 3", "60");
    make_run("c.json", '4', "c", "0 9", "0");
    make_run("quiet.json", '5', "", "", "");
    begin_run(&run, '6', "u", "", "");
    const struct frame broken[] = { { SAMPLE_LIBC, 0, 120 } };
    sample_calls(&run, 0, sample_stack(&run, broken, 1, STACK_NO_CFI), 1, 1);
    write_run("unknown.json", &run);
    begin_run(&run, '7', "<b>|\"\xff\n", "0", "60");
    free(run.modules[SAMPLE_LIBA].name);
    run.modules[SAMPLE_LIBA].name = strdup("=</svg>|,\x01");
    free(run.modules[SAMPLE_LIBA].soname);
    run.modules[SAMPLE_LIBA].soname = strdup("");
    write_run("hostile.json", &run);
    begin_run(&run, '8', "a", "0", "60");
    free(run.modules[SAMPLE_LIBA].name);
    run.modules[SAMPLE_LIBA].name = strdup("liba.so.1.3");
    free(run.modules[SAMPLE_LIBA].identity);
    run.modules[SAMPLE_LIBA].identity = strdup("gnu:b");
    write_run("upgraded.json", &run);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return system("rm -f *") || chdir("/") || rmdir(directory);
}

/* ---- The command ---- */

#define COVERAGE(...) \
    run_command(coverage_main, "coverage", "out", (const char *const[]){ __VA_ARGS__, NULL })

#define RUNS "a1.json", "a2.json", "b.json", "c.json"

/* ---- What the runs have shown ---- */

/* liba: read 4 times, write twice, the others once: 3/4 * 3 * 3 / (2 * 1) unseen ones. app was
 * seen in all runs, once with another call. */
static void test_estimates(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE(RUNS, "--format=csv"), 0);
    check_file("out",
               "library,component,samples,seen,once,twice,estimated,error,low,high,wide_error,"
               "wide_low,wide_high,coverage,expected,chance,more_95,more_99,more_999\n"
               "[all],,4,7,4,1,13.000000,8.831761,7.731605,56.206902,8.831761,7.731605,56.206902,"
               "0.736264,1.000000,0.750000,15,25,40\n"
               "app,,4,2,1,0,2.000000,0.483776,2.000000,3.409626,0.483776,2.000000,3.409626,"
               "0.750000,0.250000,0.250000,0,0,0\n"
               "liba.so.1,,4,5,3,1,8.375000,5.472945,5.364603,36.241153,5.472945,5.364603,"
               "36.241153,0.727273,0.750000,0.750000,11,19,30\n");
}

static void test_text(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE(RUNS), 0);
    check_file("out",
               "7 pairs of 2 libraries in 4 runs of 3 workloads;\n"
               "4 of these in one run alone, 1 in two\n"
               "about 13 pairs in all (95 % confidence: 8 to 56)\n"
               "sample coverage 73.6 %; the next run shows a new pair with a chance of 75 %\n"
               "more runs to show 95 % of them: 15, 99 %: 25, 99.9 %: 40\n"
               "estimates by fewer than 10 runs say little\n"
               "\n"
               "Pairs by library; how many more samples show 95 and 99 % of them\n"
               "\n"
               "samples  seen  once  about  low  high  cover %  95 %  99 %  library\n"
               "      4     7     4   13.0  7.7  56.2     73.6    15    25  in all\n"
               "      4     2     1    2.0  2.0   3.4     75.0     0     0  app\n"
               "      4     5     3    8.4  5.4  36.2     72.7    11    19  liba.so.1\n"
               "\n"
               "Workloads, and what they alone show\n"
               "\n"
               "runs  pairs  common_pairs  only_pairs  libraries  only_libraries  workload\n"
               "   2      4             3           2          2               0  a\n"
               "   1      3             3           1          2               0  b\n"
               "   1      3             3           2          2               0  c\n"
               "\n"
               "Few workloads with all pairs\n"
               "\n"
               "step  adds  pairs  workload\n"
               "   1     4      4  a\n"
               "   2     2      6  c\n"
               "   3     1      7  b\n"
               "\n"
               "This is about more runs of these workloads: what none of them can lead to,\n"
               "no estimate sees.\n");
}

static void test_tables(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE(RUNS, "--table=only", "--format=csv"), 0);
    check_file("out", "workload,library,component,syscall,abi\n"
                      "a,liba.so.1,,open,x86_64\n"
                      "a,liba.so.1,,write,x86_64\n"
                      "b,liba.so.1,,close,x86_64\n"
                      "c,app,,read,x86_64\n"
                      "c,liba.so.1,,mmap,x86_64\n");
    assert_int_equal(COVERAGE("a1.json", "quiet.json", "hostile.json", "--table=libraries"), 0);
    check_file("out", "pairs  workload       library\n"
                      "    1  <b>|\"\\xff\\x0a  =</svg>|,\\x01\n"
                      "    3  a              liba.so.1\n");
    assert_int_equal(COVERAGE(RUNS, "--table=curve", "--format=csv", "--where=library=app"), 0);
    check_file("out", "library,component,samples,pairs,kind\n"
                      "[all],,1,1.000000,rarefied\n"
                      "[all],,2,1.500000,rarefied\n"
                      "[all],,3,1.750000,rarefied\n"
                      "[all],,4,2.000000,observed\n"
                      "[all],,5,2.000000,extrapolated\n"
                      "[all],,6,2.000000,extrapolated\n"
                      "[all],,7,2.000000,extrapolated\n"
                      "[all],,8,2.000000,extrapolated\n"
                      "app,,1,1.000000,rarefied\n"
                      "app,,2,1.500000,rarefied\n"
                      "app,,3,1.750000,rarefied\n"
                      "app,,4,2.000000,observed\n"
                      "app,,5,2.000000,extrapolated\n"
                      "app,,6,2.000000,extrapolated\n"
                      "app,,7,2.000000,extrapolated\n"
                      "app,,8,2.000000,extrapolated\n");
}

/* Workloads that add as much come by their names, whatever the order of the files. */
static void test_ties(void **state)
{
    (void)state;
    make_run("z.json", 'a', "z", "0 1", "");
    make_run("y.json", 'b', "y", "2 3", "");
    make_run("x.json", 'c', "x", "0 2", "");
    assert_int_equal(COVERAGE("z.json", "y.json", "x.json", "--table=cover", "--format=csv"), 0);
    check_file("out", "step,workload,adds,pairs\n1,x,2,2\n2,y,1,3\n3,z,1,4\n");
    assert_int_equal(COVERAGE("y.json", "x.json", "z.json", "--table=cover", "--format=csv"), 0);
    check_file("out", "step,workload,adds,pairs\n1,x,2,2\n2,y,1,3\n3,z,1,4\n");
}

/* ---- What is one sample ---- */

/* Files, in any order, or one file of them: the same to the byte. */
static void test_merged_and_in_any_order(void **state)
{
    struct run sum, run;
    (void)state;

    assert_int_equal(COVERAGE(RUNS, "--format=json"), 0);
    char *wanted = read_file("out");
    assert_int_equal(COVERAGE("c.json", "a2.json", "b.json", "--format=json", "a1.json"), 0);
    check_file("out", wanted);
    begin_run(&sum, '4', "c", "0 9", "0");
    begin_run(&run, '2', "a", "0 1", "60");
    assert_int_equal(run_merge(&sum, &run), 0);
    run_deinit(&run);
    begin_run(&run, '3', "b", "0 3", "60");
    assert_int_equal(run_merge(&sum, &run), 0);
    run_deinit(&run);
    write_run("bc.json", &sum);
    assert_int_equal(COVERAGE("bc.json", "a1.json", "--format=json"), 0);
    check_file("out", wanted);
    free(wanted);
}

static void test_same_run_twice(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE("a1.json", "b.json", "a1.json"), OURS);
    check_file("err", "systrace-lib: a1.json: it has a run that an earlier file has too, which "
                      "would count twice\n");
    check_file("out", "");
}

static void test_by_workload(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE(RUNS, "--unit=workload", "--format=csv"), 0);
    check_has("out", "\n[all],,3,7,5,1,"); /* write, twice in a, is unique now */
    assert_int_equal(COVERAGE(RUNS, "--unit=run", "--where=workload=a", "--format=csv"), 0);
    check_has("out", "\n[all],,2,4,1,3,");
}

/* Runs without what is asked for are none of its samples, as in the row of the library. */
static void test_samples_of_a_library(void **state)
{
    (void)state;
    make_run("other.json", 'd', "d", "", "60");
    assert_int_equal(COVERAGE(RUNS, "other.json", "--format=csv"), 0);
    check_has("out", "\n[all],,5,7,");
    check_has("out", "\nliba.so.1,,4,5,3,1,8.375000,");
    assert_int_equal(COVERAGE(RUNS, "other.json", "--format=csv", "--where=library=liba*"), 0);
    check_has("out", "\n[all],,4,5,3,1,8.375000,");
}

/* Two builds of a library have pairs in common. */
static void test_upgraded_library(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE("a1.json", "upgraded.json", "--table=only"), 0);
    assert_int_equal(COVERAGE("a1.json", "upgraded.json", "--format=csv"), 0);
    check_has("out", "\nliba.so.1,,2,3,2,1,");
}

/* Pairs that come together widen the interval, as leaving out one run after the other says. */
static void test_pairs_that_come_together(void **state)
{
    (void)state;
    make_run("w1.json", 'e', "w", "0 1", "");
    make_run("w2.json", 'f', "w", "0 2 3 4 5 6 7 8", "");
    make_run("w3.json", '0', "w", "0 1 9", "");
    make_run("w4.json", '9', "w", "0 1 2 3", "");
    assert_int_equal(COVERAGE("w1.json", "w2.json", "w3.json", "w4.json", "--format=csv"), 0);
    check_has("out", "\nliba.so.1,,4,10,6,2,16.750000,");
    check_has("out", ",15.920157,10.458943,109.276982,");
    assert_int_equal(COVERAGE("w1.json", "w2.json", "w3.json", "w4.json"), 0);
    check_has("out", "about 17 pairs in all (95 % confidence: 10 to 109)\n");
}

/* ---- Too little ---- */

static void test_one_run(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE("a1.json", "--format=csv"), 0);
    check_has("out", "\n[all],,1,4,4,0,,,,,,,,,,,,,\n");
    assert_int_equal(COVERAGE("a1.json"), 0);
    check_has("out", "4 pairs of 2 libraries in 1 run of 1 workload;\n"
                     "4 of these in one run alone, 0 in two\n"
                     "how many there are besides, one run cannot tell\n");
    assert_int_equal(COVERAGE("a1.json", "-o", "one.svg", "-o", "one.json"), 0);
    check_has("one.svg", ">4 pairs of library and system call seen in 1 run</text>");
    check_has("one.json", "\"estimated\":null");
}

static void test_no_pairs(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE("unknown.json"), 0);
    check_has("out", "0 pairs of 0 libraries in 1 run of 1 workload;\n");
    assert_int_equal(COVERAGE("unknown.json", "-o", "none.svg", "-o", "none.md"), 0);
    assert_int_equal(COVERAGE("quiet.json"), OURS);
    check_file("err", "systrace-lib: there is no call in these runs\n");
    assert_int_equal(COVERAGE("a1.json", "--where=library=none"), OURS);
    check_has("err", "systrace-lib: no calls are left by --where and --under\n");
}

/* ---- Formats ---- */

static void test_json(void **state)
{
    json_error_t error;
    (void)state;

    assert_int_equal(COVERAGE(RUNS, "hostile.json", "-o", "all.json"), 0);
    json_t *root = json_load_file("all.json", JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    assert_string_equal(json_string_value(json_object_get(root, "format")),
                        "systrace-lib-coverage/1");
    assert_int_equal(json_integer_value(json_object_get(root, "runs")), 5);
    assert_int_equal(json_array_size(json_object_get(root, "estimates")), 4);
    assert_int_equal(json_array_size(json_object_get(root, "workloads")), 4);
    assert_int_equal(json_array_size(json_object_get(root, "cover")), 4);
    json_decref(root);
}

/* Names have no say in the marks of any format. */
static void test_hostile_names(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE(RUNS, "hostile.json", "-o", "h.csv", "-o", "h.md", "-o", "h.svg"), 0);
    check_has("h.csv", "\n\"'=</svg>|,\\x01\",,1,1,1,0,");
    check_has("h.md", "| &lt;b\\>\\|\"\\\\xff\\\\x0a | 1 |");
    char *text = read_file("h.svg");
    assert_true(strstr(text, "</svg>") == text + strlen(text) - strlen("</svg>\n"));
    free(text);
}

/* ---- Mistakes ---- */

static void check_refused(const char *said, const char *const *arguments)
{
    assert_int_equal(run_command(coverage_main, "coverage", "out", arguments), OURS);
    check_has("err", said);
    check_file("out", "");
}

#define REFUSED(said, ...) check_refused(said, (const char *const[]){ __VA_ARGS__, NULL })

static void test_mistakes(void **state)
{
    (void)state;
    REFUSED("systrace-lib: coverage needs a run file", "--unit=run");
    REFUSED("systrace-lib: none.json: No such file", "none.json");
    REFUSED("systrace-lib: day: --unit is run or workload\n", RUNS, "--unit=day");
    REFUSED("systrace-lib: curves: there is no such table", RUNS, "--table=curves");
    REFUSED("systrace-lib: unknown format 'html': use csv, json, text, markdown or svg\n", RUNS,
            "--format=html");
    REFUSED("systrace-lib: cannot tell the format of 'x.dot'", RUNS, "-o", "x.dot");
    REFUSED("systrace-lib: the format svg is a picture of the curve: it has no table of cover\n",
            RUNS, "--table=cover", "--format=svg");
    REFUSED("systrace-lib: the format svg is a picture of the curve: it has no table of only\n",
            RUNS, "--table=only", "-o", "only.csv", "-o", "only.svg");
    assert_int_equal(access("only.csv", F_OK), -1);
    assert_int_equal(COVERAGE(RUNS, "--table=curve", "-o", "curve.svg"), 0);
    assert_int_equal(COVERAGE(RUNS, "--table=only", "--format=csv", "-o", "only.svg"), 0);
    REFUSED("systrace-lib: --by", RUNS, "--by=library");
    REFUSED("systrace-lib: --where=colour=1: there is no key 'colour'", RUNS, "--where=colour=1");
}

static void test_help(void **state)
{
    (void)state;
    assert_int_equal(COVERAGE("--help"), 0);
    check_has("out", "Usage: systrace-lib coverage RUN...");
    check_has("out", "\n  estimates ");
    check_has("out", "\n  svg ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimates),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_merged_and_in_any_order),
        cmocka_unit_test(test_same_run_twice),
        cmocka_unit_test(test_by_workload),
        cmocka_unit_test(test_samples_of_a_library),
        cmocka_unit_test(test_upgraded_library),
        cmocka_unit_test(test_pairs_that_come_together),
        cmocka_unit_test(test_one_run),
        cmocka_unit_test(test_no_pairs),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
