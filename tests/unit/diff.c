/* diff.c - the command `diff`: what appeared, vanished, changed, is accepted, is another file now;
 * its formats, its exit status, and one line for each mistake. */
#include "command.h"
#include "sample.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "report/diff.h"
#include "report/outputs.h"

static char directory[] = "/tmp/systrace-diff-XXXXXX";

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

static void replace(char **text, const char *by)
{
    free(*text);
    *text = strdup(by);
}

/* Calls by liba, one of them inexact; hostile names can be given to it. */
static void add_calls(struct run *run, uint32_t marks, uint32_t nr, uint64_t calls)
{
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 },
                                    { SAMPLE_LIBA, marks, 9 },
                                    { SAMPLE_APP, FRAME_ENTRY, 1 } };
    sample_calls_by(run, 0, frames, 3, nr, calls);
}

/* The sample with liba.so.1.3, which connects (42), too, and opens (2) where an inexact frame says
 * so; and which writes 5 times as often. */
static void make_new(struct run *run, char digit)
{
    sample_run(run, digit);
    replace(&run->modules[SAMPLE_LIBA].name, "liba.so.1.3");
    replace(&run->modules[SAMPLE_LIBA].identity, "gnu:0123456789abcdef0123456789abcdef");
    add_calls(run, 0, 1, 40);
    add_calls(run, 0, 42, 7);
    add_calls(run, FRAME_INEXACT, 2, 1);
}

static int setup(void **state)
{
    struct run run;
    (void)state;

    if (!mkdtemp(directory) || chdir(directory))
        return -1;
    sample_run(&run, '1');
    write_run("old.json", &run);
    sample_run(&run, '2');
    write_run("old2.json", &run);
    make_new(&run, '3');
    write_run("new.json", &run);
    make_new(&run, '4');
    replace(&run.modules[SAMPLE_LIBA].soname, "x | <b>\"*# \n\xff@[](),=1");
    replace(&run.modules[SAMPLE_LIBA].name, "x | <b>\"*# \n\xff@[](),=1");
    write_run("hostile.json", &run);
    assert_int_equal(run_init(&run), 0);
    sample_execution(&run, '5');
    write_run("empty.json", &run);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return system("rm -f *") || chdir("/") || rmdir(directory);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* ---- The command ---- */

#define DIFF(...) run_command(diff_main, "diff", "out", (const char *const[]){ __VA_ARGS__, NULL })

/* ---- What differs ---- */

static void test_text(void **state)
{
    (void)state;
    assert_int_equal(DIFF("old.json", "new.json"), DIFF_NEW);
    check_file("out", "2 new pairs, 1 library upgraded\n"
                      "old: 1 run, 18 calls, 1 of these with an incomplete stack\n"
                      "new: 1 run, 66 calls, 1 of these with an incomplete stack\n"
                      "\n"
                      "Appeared\n"
                      "\n"
                      "calls  runs  inexact  library    syscall\n"
                      "    7     1        0  liba.so.1  connect\n"
                      "    1     1        1  liba.so.1  open\n"
                      "\n"
                      "Upgraded libraries\n"
                      "\n"
                      "library    old                 new\n"
                      "liba.so.1  liba.so.1.2 sha1:a  liba.so.1.3 0123456789ab\n");
    check_file("err", "");
    assert_int_equal(DIFF("new.json", "old.json"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new, 2 vanished, 1 library upgraded\n");
    check_has("out", "\nVanished. This may only mean that the new runs did not exercise it.\n");
    assert_int_equal(DIFF("old.json", "old2.json"), DIFF_NOTHING_NEW);
    check_file("out", "nothing new\n"
                      "old: 1 run, 18 calls, 1 of these with an incomplete stack\n"
                      "new: 1 run, 18 calls, 1 of these with an incomplete stack\n");
    assert_int_equal(DIFF("-q", "old.json", "new.json"), DIFF_NEW);
    check_file("out", "");
}

/* The calls of one run count: two old ones have twice as many. */
static void test_factor(void **state)
{
    (void)state;
    assert_int_equal(DIFF("--old", "old.json", "old2.json", "--new", "new.json", "--factor=4.99",
                          "--format=csv"),
                     DIFF_NEW);
    check_file("out", "change,library,syscall,old_calls,new_calls,old_runs,new_runs,old_inexact,"
                      "new_inexact,reason\n"
                      "appeared,liba.so.1,connect,0,7,0,1,0,0,\n"
                      "appeared,liba.so.1,open,0,1,0,1,0,1,\n"
                      "changed,liba.so.1,write,20,50,2,1,20,10,\n");
    assert_int_equal(DIFF("--factor=5", "new.json", "old.json"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new, 2 vanished, 1 library upgraded\n");
    assert_int_equal(DIFF("--factor", "4", "new.json", "old.json"), DIFF_NOTHING_NEW);
    check_has("out", "\nold calls  new calls  library    syscall\n"
                     "       50         10  liba.so.1  write\n");
}

/* One execution on both sides, and sides that overlap. */
static void test_same(void **state)
{
    (void)state;
    assert_int_equal(DIFF("new.json", "new.json", "--factor=1"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new\n");
    assert_int_equal(
        DIFF("--new", "old.json", "new.json", "--old", "new.json", "old2.json", "old.json"),
        DIFF_NOTHING_NEW);
    check_has("out", "nothing new\nold: 3 runs, 102 calls");
}

static void test_empty(void **state)
{
    (void)state;
    assert_int_equal(DIFF("empty.json", "empty.json", "--factor=2"), DIFF_NOTHING_NEW);
    check_file("out", "nothing new\nold: 1 run, 0 calls\nnew: 1 run, 0 calls\n");
    assert_int_equal(DIFF("old.json", "empty.json", "--factor=2"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new, 6 vanished\n");
    assert_int_equal(DIFF("empty.json", "old.json", "--factor=2"), DIFF_NEW);
    check_has("out", "6 new pairs\n");
}

static void test_selection(void **state)
{
    (void)state;
    assert_int_equal(DIFF("old.json", "new.json", "--where=syscall=write"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new, 1 library upgraded\nold: 1 run, 14 calls");
    assert_int_equal(DIFF("old.json", "new.json", "--where=library=app"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new\nold: 1 run, 4 calls\n");
    assert_int_equal(DIFF("old.json", "new.json", "--where=library=liba*", "--by=library,class"),
                     DIFF_NEW);
    check_has("out", "2 new pairs");
    check_has("out", "liba.so.1  network");
    assert_int_equal(DIFF("old.json", "new.json", "--group=mine=app,liba*"), DIFF_NEW);
    check_has("out", "calls  runs  inexact  group  syscall\n"
                     "    7     1        0  mine   connect\n");
    assert_int_equal(DIFF("old.json", "new.json", "--by=capability"), DIFF_NEW);
    check_has("out", "new group");
    assert_int_equal(DIFF("old.json", "new.json", "--runtime-library=liba*"), DIFF_NEW);
    check_has("out", "app      connect\n");
    assert_int_equal(DIFF("old.json", "new.json", "--by=path,syscall"), DIFF_NEW);
    assert_int_equal(DIFF("old.json", "new.json", "--not-under=main"), DIFF_NEW);
}

/* ---- What is accepted ---- */

static void test_accept(void **state)
{
    (void)state;
    write_file("accept", "liba.so.*  conn*  # it phones home\n");
    assert_int_equal(DIFF("old.json", "new.json", "--accept=accept"), DIFF_NEW);
    check_has("out", "1 new pair, 1 accepted, 1 library upgraded\n");
    check_has("out", "\nAppeared, and accepted\n\ncalls  library    syscall  reason\n"
                     "    7  liba.so.1  connect  it phones home\n");
    check_file("err", "");
    write_file("accept", "liba* * # all\nlibb* * # gone\n\n* openat # no\n");
    assert_int_equal(DIFF("old.json", "new.json", "--accept", "accept"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new, 2 accepted");
    check_file("err", "systrace-lib: accept: 2 entries match nothing that is new (lines 2, 4)\n");
    write_file("accept", "liba*  # one too few\n");
    assert_int_equal(DIFF("old.json", "new.json", "--accept=accept"), DIFF_TROUBLE);
    check_file("err",
               "systrace-lib: accept: line 1: it has 1 pattern, but there are 2 keys (--by)\n");
}

static void test_write_accept(void **state)
{
    struct stat before, after;
    (void)state;

    unlink("accept");
    assert_int_equal(DIFF("old.json", "new.json", "-q", "--accept=accept", "--write-accept"),
                     DIFF_NEW);
    check_has("accept", "for each of: library syscall; ");
    check_has("accept", "\n\nliba.so.1  connect  # new: 7 calls in 1 of 1 run\n"
                        "liba.so.1  open  # new: 1 call in 1 of 1 run\n");
    assert_int_equal(DIFF("old.json", "new.json", "--accept=accept"), DIFF_NOTHING_NEW);
    /* What is there stays, to the byte. */
    write_file("accept", "# mine\nliba.so.1   connect  # known");
    chmod("accept", 0640);
    stat("accept", &before);
    assert_int_equal(DIFF("old.json", "new.json", "-q", "--write-accept=accept"), DIFF_NEW);
    check_file("accept", "# mine\nliba.so.1   connect  # known\n"
                         "liba.so.1  open  # new: 1 call in 1 of 1 run\n");
    stat("accept", &after);
    assert_int_equal(before.st_mode, after.st_mode);
    assert_int_not_equal(before.st_ino, after.st_ino); /* it was replaced as a whole */
    assert_int_equal(DIFF("new.json", "old.json", "-q", "--write-accept=accept2"),
                     DIFF_NOTHING_NEW);
    check_has("accept2", "# What is known");
    assert_int_equal(DIFF("old.json", "new.json", "-q", "--write-accept=no/such"), DIFF_TROUBLE);
    check_has("err", "systrace-lib: cannot write 'no/such': ");
    write_file("accept", "broken\n");
    assert_int_equal(DIFF("old.json", "new.json", "-q", "--write-accept=accept"), DIFF_TROUBLE);
    check_file("accept", "broken\n");
}

/* ---- Formats and names ---- */

static void test_formats(void **state)
{
    (void)state;
    assert_int_equal(DIFF("old.json", "new.json", "-o", "out.csv", "-o", "out.json", "-o", "out.md",
                          "-o", "out.txt"),
                     DIFF_NEW);
    check_file("out", "");
    check_has("out.csv", "change,library,syscall,");
    check_has("out.json", "\"format\": \"systrace-lib-diff/1\"");
    check_has("out.json", "\"build_id\": \"0123456789abcdef0123456789abcdef\"");
    check_has("out.txt", "2 new pairs, ");
    check_has("out.md",
              "### System calls: 2 new pairs, 1 library upgraded\n\nOld: 1 run, 18 calls");
    check_has("out.md",
              "\n#### Appeared (2)\n\n| library | syscall | calls | runs | inexact |\n"
              "| --- | --- | ---: | ---: | ---: |\n| liba.so.1 | connect | 7 | 1 | 0 |\n");
    check_has("out.md",
              "\n<details><summary>Upgraded libraries (1)</summary>\n\n| library | old |");
}

/* No name breaks out of its cell, and what is written for it accepts it. */
static void test_hostile(void **state)
{
    (void)state;
    unlink("accept");
    assert_int_equal(DIFF("old.json", "hostile.json", "--format=csv", "--write-accept=accept"),
                     DIFF_NEW);
    check_has("out", "appeared,\"x | <b>\"\"*# \\x0a\\xff@[](),=1\",connect,0,7,");
    assert_int_equal(DIFF("old.json", "hostile.json", "--accept=accept"), DIFF_NOTHING_NEW);
    check_has("out", "nothing new, 3 accepted, 1 vanished\n");
    check_file("err", "");
    assert_int_equal(DIFF("old.json", "hostile.json", "--format=html"), DIFF_NEW);
    check_has("out", "<h2>Appeared (");
    check_has("out", "<bdi>x | &lt;b&gt;&quot;*#");
    assert_int_equal(DIFF("old.json", "hostile.json", "--format=markdown"), DIFF_NEW);
    check_has(
        "out",
        "\n| x \\| &lt;b\\>\"\\*\\# \\\\x0a\\\\xff\\@\\[\\]\\(\\),=1 | connect | 7 | 1 | 0 |\n");
    assert_int_equal(DIFF("old.json", "hostile.json", "--format=json"), DIFF_NEW);
    check_has("out", "\"library\": \"x | <b>\\\"*# \\\\x0a\\\\xff@[](),=1\",");
}

/* What CSV has an apostrophe in front of is in its place among the others. */
static void test_formulas(void **state)
{
    struct run run;
    (void)state;

    for (char digit = '6'; digit < '8'; digit++) {
        const char path[] = { digit, '.', 'j', 's', 'o', 'n', '\0' };
        sample_run(&run, digit);
        replace(&run.modules[SAMPLE_LIBA].soname, digit == '6' ? "liba" : "=1+1");
        replace(&run.modules[SAMPLE_LIBA].name, digit == '6' ? "liba" : "=1+1");
        replace(&run.modules[SAMPLE_LIBA].identity, digit == '6' ? "gnu:6" : "gnu:7");
        replace(&run.modules[SAMPLE_APP].soname, "(a)");
        write_run(path, &run);
    }
    assert_int_equal(DIFF("6.json", "7.json", "--by=library", "--format=csv"), DIFF_NEW);
    check_has("out", "\nappeared,'=1+1,0,10,0,1,0,10,\nvanished,liba,10,0,1,0,10,0,\n");
    assert_int_equal(DIFF("6.json", "7.json", "--by=library"), DIFF_NEW);
    check_has("out", "1 new group, 1 vanished\n");
}

/* ---- Mistakes ---- */

#define CHECK_TROUBLE(line, ...)                           \
    do {                                                   \
        assert_int_equal(DIFF(__VA_ARGS__), DIFF_TROUBLE); \
        check_file("err", "systrace-lib: " line "\n");     \
        check_file("out", "");                             \
    } while (0)

static void test_mistakes(void **state)
{
    static const char few[] = "diff needs two run files, or --old RUN... --new RUN... "
                              "(try 'systrace-lib diff --help')";
    char line[256];
    (void)state;

    snprintf(line, sizeof(line), "systrace-lib: %s\n", few);
    assert_int_equal(DIFF("old.json"), DIFF_TROUBLE);
    check_file("err", line);
    assert_int_equal(DIFF("old.json", "new.json", "old2.json"), DIFF_TROUBLE);
    check_file("err", line);
    CHECK_TROUBLE("diff needs run files behind --old, too", "--new", "new.json");
    CHECK_TROUBLE("diff needs run files behind --new, too", "--old", "old.json", "--new");
    CHECK_TROUBLE("old.json: is it old or new? Let --old or --new come before it", "old.json",
                  "--new", "new.json");
    CHECK_TROUBLE("none.json: No such file or directory", "old.json", "none.json");
    CHECK_TROUBLE("old.json: it has a run that an earlier file has too, which would count twice",
                  "--old", "old.json", "old.json", "--new", "new.json");
    CHECK_TROUBLE("0.9: --factor needs a number from 1 on", "old.json", "new.json", "--factor=0.9");
    CHECK_TROUBLE("nan: --factor needs a number from 1 on", "old.json", "new.json", "--factor=nan");
    CHECK_TROUBLE("2x: --factor needs a number from 1 on", "old.json", "new.json", "--factor=2x");
    CHECK_TROUBLE("--by=execution: no two sides have that in common", "old.json", "new.json",
                  "--by=execution");
    CHECK_TROUBLE("the key needed is not for diff, but for report", "old.json", "new.json",
                  "--by=library,needed");
    CHECK_TROUBLE("the key needed is not for diff, but for report", "old.json", "new.json",
                  "--where=needed=serving");
    CHECK_TROUBLE("--froop: no such option (try 'systrace-lib diff --help')", "--froop");
    CHECK_TROUBLE("--by: needs a value (try 'systrace-lib diff --help')", "--by");
    CHECK_TROUBLE("unknown format 'stacks': use csv, json, text, markdown or html",
                  "--format=stacks");
    CHECK_TROUBLE("--write-accept needs a file: its own, or that of --accept", "old.json",
                  "new.json", "--write-accept");
    CHECK_TROUBLE("b: there can be one --accept only", "--accept=a", "--accept=b");
    CHECK_TROUBLE("none: No such file or directory", "old.json", "new.json", "--accept=none");
    CHECK_TROUBLE(".: Is a directory", "old.json", "new.json", "--accept=.");
}

static void test_help(void **state)
{
    (void)state;
    assert_int_equal(DIFF("--help"), 0);
    check_has("out", "Usage: systrace-lib diff OLD NEW");
    check_has("out", "\n  markdown        .md");
    assert_int_equal(
        run_command(diff_main, "diff", "/dev/full", (const char *const[]){ "-h", NULL }),
        DIFF_TROUBLE);
    check_has("err", "cannot write the standard output");
    assert_int_equal(run_command(diff_main, "diff", "/dev/full",
                                 (const char *const[]){ "old.json", "new.json", NULL }),
                     DIFF_TROUBLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),         cmocka_unit_test(test_factor),
        cmocka_unit_test(test_same),         cmocka_unit_test(test_empty),
        cmocka_unit_test(test_selection),    cmocka_unit_test(test_accept),
        cmocka_unit_test(test_write_accept), cmocka_unit_test(test_formats),
        cmocka_unit_test(test_hostile),      cmocka_unit_test(test_formulas),
        cmocka_unit_test(test_mistakes),     cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
