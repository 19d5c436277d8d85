/* cube.c - calls grouped by keys: known values, the same totals in every cut, filters that part the
 * calls, groups, columns, orders, and what is refused. */
#include "sample.h"

#include <getopt.h>
#include "report/cube.h"
#include "report/selection.h"

static const struct table_options defaults;

static const struct option options[] = { QUERY_LONG_OPTIONS, { 0 } };

/* Takes one option, "--by=library"; its result. */
static int take(struct query *query, const char *word, char error[static QUERY_ERROR_MAX])
{
    const char *equals = strchr(word, '=');
    size_t length = (equals ? (size_t)(equals - word) : strlen(word)) - 2;

    for (const struct option *o = options; o->name; o++)
        if (strlen(o->name) == length && !memcmp(o->name, word + 2, length))
            return query_parse(query, o->val, equals ? equals + 1 : NULL, error);
    fail_msg("no option %s", word);
    return 0;
}

static void parse(struct query *query, const char *words)
{
    char error[QUERY_ERROR_MAX], *copy = strdup(words), *rest = copy, *word;

    query_init(query);
    while ((word = strsep(&rest, " ")))
        if (take(query, word, error))
            fail_msg("%s", error);
    if (query_finish(query, error))
        fail_msg("%s", error);
    free(copy);
}

static char said[4096];

static void say(const char *line)
{
    strncat(said, line, sizeof(said) - strlen(said) - 2);
    strcat(said, "\n");
}

struct asked {
    struct query query;
    struct callers callers;
    struct keys keys;
    struct grid grid;
};

/* Asks the run, of which only what is selected is left. */
static void ask(struct asked *asked, struct run *run, const char *words)
{
    const struct caller *last;

    said[0] = '\0';
    parse(&asked->query, words);
    assert_int_equal(callers_init(&asked->callers, run, &defaults), 0);
    assert_int_equal(callers_find(&asked->callers, run->stacks.count - 1, &last), 0);
    assert_int_equal(keys_init(&asked->keys, run, &asked->callers, &asked->query.groups), 0);
    assert_int_equal(selection_check_groups(&asked->keys, &asked->query.groups, say), 0);
    assert_int_equal(selection_apply(run, &asked->keys, &asked->query, say), 0);
    assert_int_equal(cube_grid(run, &asked->keys, &asked->query, &asked->grid), 0);
}

static void forget(struct asked *asked)
{
    grid_deinit(&asked->grid);
    keys_deinit(&asked->keys);
    callers_deinit(&asked->callers);
    query_deinit(&asked->query);
}

/* The grid as lines of words. */
static char *print(const struct grid *grid)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    for (size_t row = 0; row < grid->row_count; row++) {
        for (size_t i = 0; i < grid->column_count; i++) {
            const struct grid_cell *cell = &grid->rows[row][i];
            if (cell->kind == GRID_TEXT)
                fprintf(file, "%s%s", i ? " " : "", *cell->text ? cell->text : "-");
            else if (cell->kind == GRID_UNKNOWN)
                fputs(" ?", file);
            else
                fprintf(file, " %lu", cell->number);
        }
        putc('\n', file);
    }
    fclose(file);
    return text;
}

static void check(const char *words, const char *expected)
{
    struct run run;
    struct asked asked;

    sample_run_with_results(&run, '1');
    ask(&asked, &run, words);
    char *text = print(&asked.grid);
    if (strcmp(text, expected))
        fail_msg("%s:\n%s", words, text);
    free(text);
    forget(&asked);
    run_deinit(&run);
}

/* The sample with phases of the user's: what is called there by the program. */
static void check_needed(const char *words, const char *expected)
{
    static const struct {
        const char *phase;
        uint32_t nr;
        uint64_t calls;
    } rows[] = { { "serving", 1, 5 }, { "serving", 3, 4 }, { "warm", 0, 2 }, { "warm", 3, 1 } };
    const struct frame frame = { SAMPLE_APP, 0, 15 };
    struct run run;
    struct asked asked;

    sample_run(&run, '1');
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct count count = { .phase = (uint32_t)run_phase(&run, rows[i].phase),
                                     .stack = sample_stack(&run, &frame, 1, STACK_COMPLETE),
                                     .nr = rows[i].nr,
                                     .calls = rows[i].calls };
        assert_true(run_count(&run, &count) >= 0);
    }
    ask(&asked, &run, words);
    char *text = print(&asked.grid);
    if (strcmp(text, expected))
        fail_msg("%s:\n%s", words, text);
    free(text);
    forget(&asked);
    run_deinit(&run);
}

static void test_needed(void **state)
{
    (void)state;
    check("--by=needed --where=library=app", "- 4\n");
    check_needed("--by=library,needed,syscall --where=library=app",
                 "app before+serving write 8\napp serving close 5\napp serving read 2\n"
                 "app exit exit_group 1\n");
    check_needed("--by=library,needed,syscall --where=library=app --serving=serv*",
                 "app before+serving write 8\napp before+serving close 5\napp before read 2\n"
                 "app exit exit_group 1\n");
    check_needed("--by=library,needed,syscall --where=needed!=serving --serving=serving",
                 "liba.so.1.2 before write 10\napp before read 2\nld-linux-x86-64.so.2 before mmap "
                 "2\n[start] before execve 1\n[unknown] before write 1\napp exit exit_group 1\n");
    check_needed("--by=library --columns=needed --where=library=app", "app 8 7 1\n");
    check_needed("--by=phase,syscall --where=library=app --where=syscall=close,read",
                 "serving close 4\nwarm read 2\nwarm close 1\n");
}

/* The sample's calls; its libc is no part of a known set, and so a caller like any other. */
static void test_values(void **state)
{
    (void)state;
    check("--by=library --measure=calls,issued,on_stack --total",
          "liba.so.1.2 10 0 10\napp 4 0 14\nld-linux-x86-64.so.2 2 2 2\n[start] 1 1 1\n"
          "[unknown] 1 0 1\nlibc.so.6 0 15 15\ntotal 18 18 18\n");
    check("--by=library",
          "liba.so.1.2 10\napp 4\nld-linux-x86-64.so.2 2\n[start] 1\n[unknown] 1\n");
    check("--by=via,function,entry,from --where=library=liba*", "write liba.so.1.2+0x7 "
                                                                "liba.so.1.2+0x7 app 10\n");
    check("--by=function,entry,from,line --where=library=app --where=syscall=write",
          "main app+0x1 - - 3\n");
    check("--by=class,capability", "desc none 14\ndesc+memory map-code 2\n"
                                   "file+process run-program 1\nprocess none 1\n");
    check("--by=phase --sort=phase", "exit 1\nload 3\nmain 14\n");
    check("--by=phase --sort=-phase --top=1 --total", "main 14\ntotal 18\n");
    check("--by=syscall --measure=errors,seconds,stacks,runs,incomplete,inexact "
          "--where=syscall=write",
          "write 5 5001234567 3 1 1 10\n");
    check("--by=library --columns=phase --total",
          "liba.so.1.2 10 0 0\napp 3 0 1\nld-linux-x86-64.so.2 0 2 0\n[start] 0 1 0\n"
          "[unknown] 1 0 0\ntotal 14 3 1\n");
    check("--by=end,issuer --measure=stacks", "complete libc.so.6 3\ncomplete [start] 1\ncomplete "
                                              "ld-linux-x86-64.so.2 1\nno-cfi libc.so.6 1\n");
}

/* A call is once on the stack of a group, however many of its libraries are there. */
/* With a column for each value, too, all have together what they have: no sums of what does not add
 * up. And where no returns were observed, none are known. */
static void test_columns(void **state)
{
    (void)state;
    check("--by=library --measure=on_stack --columns=phase --total --where=library!=[*",
          "app 13 0 1\nlibc.so.6 13 0 1\nliba.so.1.2 10 0 0\nld-linux-x86-64.so.2 0 2 0\n"
          "total 13 2 1\n");
    check("--by=abi --measure=runs --columns=library --total",
          "x86_64 1 1 1 1 1\ntotal 1 1 1 1 1\n");
}

static void test_unknown_results(void **state)
{
    struct run run;
    struct asked asked;
    (void)state;

    sample_run(&run, '1');
    ask(&asked, &run,
        "--by=library --measure=calls,on_stack,errors,runs --where=syscall=exit_group");
    char *text = print(&asked.grid);
    assert_string_equal(text, "app 1 1 ? 1\nlibc.so.6 0 1 ? 1\n");
    free(text);
    forget(&asked);
    run_deinit(&run);
}

/* A name is itself, also if it has brackets; a misspelled group is told; C++ has colons. */
static void test_names(void **state)
{
    (void)state;
    check("--by=syscall --where=library=[start]", "execve 1\n");
    check("--by=library --where=library=[!a-z]* --total", "[start] 1\n[unknown] 1\ntotal 2\n");
    check("--by=group --group=x=nothing*,app", "- 14\nx 4\n");
    assert_string_equal(said, "no library matches 'nothing*' of the group 'x'\n");
    check("--by=syscall --under=f[abi:cxx11](int) --total", "total 0\n");
    assert_string_equal(said, "no stack has a function 'f[abi:cxx11](int)'\n");
}

static void test_groups(void **state)
{
    (void)state;
    check("--group=mine=app,lib[ab]* --by=group --measure=calls,on_stack", "mine 14 14\n- 4 18\n");
    check("--group=mine=app --group=all=* --sort=group,syscall",
          "all execve 1\nall mmap 2\nall write 11\nmine exit_group 1\nmine write 3\n");
}

static void test_filters(void **state)
{
    (void)state;
    check("--by=syscall --where=syscall!=write,mmap", "execve 1\nexit_group 1\n");
    check("--by=syscall --where=class=%memory", "mmap 2\n");
    check("--by=library --under=main", "liba.so.1.2 10\napp 3\n");
    check("--by=library --under=app:main --where=library=app", "app 3\n");
    check("--by=library --under=liba*:main --total", "total 0\n");
    assert_string_equal(said, "no stack has a function 'main' of liba*\n");
    check("--by=library --not-under=main --sort=library",
          "[start] 1\n[unknown] 1\napp 1\nld-linux-x86-64.so.2 2\n");
    check("--by=library --where=library=libx*,app", "app 4\n");
    assert_non_null(strstr(said, "no call has a library that matches 'libx*'; there are: "));
}

/* A place in a function is that function, wherever a name is taken. */
static void test_places(void **state)
{
    (void)state;
    check("--by=library --under=app+0x14", "liba.so.1.2 10\napp 3\n");
    check("--by=library --under=ap*:app+0xA", "liba.so.1.2 10\napp 3\n");
    check("--by=library --not-under=app+0x1d --where=syscall=write", "[unknown] 1\n");
    check("--by=library --under=liba.so.1.2+0x7", "liba.so.1.2 10\n");
    check("--by=library --where=function=app+0x1d,liba*+0x7", "liba.so.1.2 10\napp 3\n");
    check("--by=library --where=function!=app+0x1d --where=syscall=write",
          "liba.so.1.2 10\n[unknown] 1\n");
    check("--by=library --where=via=libc.so.6+0x64", "liba.so.1.2 10\napp 3\n");
    check("--by=library --where=entry=liba*+0x7", "liba.so.1.2 10\n");
    check("--by=library --under=app+0x1e --total", "total 0\n");
    assert_string_equal(said, "no stack has a function 'app+0x1e'\n");
    check("--by=library --under=app+0x --total", "total 0\n");
    check("--by=library --under=app+0x1000000000000000A --total", "total 0\n");
    check("--by=library --under=+0x14 --total", "total 0\n");
}

static void test_refused(void **state)
{
    static const struct {
        const char *word, *said;
    } cases[] = {
        { "--by=librari", "--by=librari: there is no key 'librari'; there are program, " },
        { "--by=library,library", "a key stands there twice" },
        { "--by=", "there is no key ''" },
        { "--measure=cals", "there is no measure 'cals'; there are calls, issued, " },
        { "--measure=calls,calls", "a measure stands there twice" },
        { "--where=library", "give KEY=GLOB or KEY!=GLOB" },
        { "--where=lib=a", "there is no key 'lib'" },
        { "--where==a", "there is no key ''" },
        { "--under=", "give a function's name" },
        { "--under=lib:", "give a function's name" },
        { "--group=a", "give NAME=GLOB,..." },
        { "--group==a", "give NAME=GLOB,..." },
        { "--group=a=,", "give NAME=GLOB,..." },
        { "--group=a=x,,y", "give NAME=GLOB,..." },
        { "--group=a=x,", "give NAME=GLOB,..." },
        { "--group=a=,x", "give NAME=GLOB,..." },
        { "--top=0", "not a number of rows" },
        { "--top=-1", "not a number of rows" },
        { "--top=1x", "not a number of rows" },
        { "--sort=x", "there is no key 'x'" },
        { "--columns=x", "there is no key 'x'" },
        { "--by=\033[31m", "there is no key '\\x1b[31m'" },
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct query query;
        char error[QUERY_ERROR_MAX] = "";
        query_init(&query);
        if (take(&query, cases[i].word, error) >= 0 || !strstr(error, cases[i].said))
            fail_msg("%s: '%s'", cases[i].word, error);
        query_deinit(&query);
    }
}

/* What single options do not show. */
static void test_refused_together(void **state)
{
    static const char *const cases[][2] = { { "--by=library", "--columns=library" },
                                            { "--columns=syscall", "--measure=calls,errors" },
                                            { "--by=library", "--sort=syscall" },
                                            { "--by=library", "--sort=errors" },
                                            { "--by=group", "--total" } };
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct query query;
        char error[QUERY_ERROR_MAX];
        query_init(&query);
        assert_int_equal(take(&query, cases[i][0], error), 0);
        assert_int_equal(take(&query, cases[i][1], error), 0);
        assert_true(query_finish(&query, error) < 0);
        query_deinit(&query);
    }
}

static void test_presets(void **state)
{
    char *text = PRINTED((query_print_presets(file), 0)), *rest = text, *line;
    char error[QUERY_ERROR_MAX];
    struct query query;
    (void)state;

    while ((line = strsep(&rest, "\n")) && *line) {
        char name[32];
        assert_int_equal(sscanf(line, "%31s", name), 1);
        query_init(&query);
        assert_int_equal(query_preset(&query, name, error), 0);
        assert_int_equal(query_finish(&query, error), 0);
        query_deinit(&query);
    }
    free(text);
    query_init(&query);
    assert_true(query_preset(&query, "nothing", error) < 0);
    assert_non_null(strstr(error, "there is no table 'nothing'; there are calls, libraries, "));
    query_deinit(&query);
}

/* ---- Any run ---- */

static unsigned seed = 1;

static uint32_t below(uint32_t limit)
{
    return (uint32_t)rand_r(&seed) % limit;
}

static void random_run(struct run *run, char digit)
{
    static const uint32_t calls[] = { 0, 1, 9, 59, 231, 257, 1000, UINT32_MAX };

    assert_int_equal(run_init(run), 0);
    sample_modules(run);
    assert_int_equal(run_phase(run, "serving"), 1);
    assert_int_equal(run_program(run, "other", "/bin/other"), 1);
    uint32_t execution = sample_execution(run, digit);
    run->executions[execution].results = below(2);
    for (int i = 0; i < 100; i++) {
        struct frame frames[6];
        uint32_t depth = below(LENGTH(frames) + 1);
        for (uint32_t j = 0; j < depth; j++)
            frames[j] = (struct frame){ SAMPLE_LIBC + below(4), 0, below(300) };
        if (depth && !below(4))
            frames[below(depth)].marks = below(2) ? FRAME_SIGNAL : FRAME_INEXACT;
        const struct count count = {
            .execution = execution,
            .program = below(2),
            .phase = below(2),
            .stack = sample_stack(run, frames, depth, depth ? below(3) : STACK_UNREADABLE),
            .abi = below(ABI_COUNT),
            .nr = calls[below(LENGTH(calls))],
            .calls = 1 + below(100),
        };
        assert_true(run_count(run, &count) >= 0);
        run->executions[execution].entries += count.calls;
    }
}

static uint64_t calls_of(const struct run *run)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < run->count_count; i++)
        sum += run->counts[i].calls;
    return sum;
}

static void random_keys(char words[static 256])
{
    char *end = words + sprintf(words, "--by=%s", keys_all[below((uint32_t)keys_count)].name);

    for (uint32_t i = below(3); i > 0; i--) {
        const char *name = keys_all[below((uint32_t)keys_count)].name;
        if (!strstr(words, name))
            end += sprintf(end, ",%s", name);
    }
}

/* Calls and issued of all rows are all calls; on the stack are not less than any of them. */
static void test_totals(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct run run, other;
        struct asked asked;
        char words[512];
        random_run(&run, '1');
        random_run(&other, '2');
        if (below(2))
            assert_int_equal(run_merge(&run, &other), 0);
        uint64_t all = calls_of(&run), calls = 0, issued = 0;
        random_keys(words);
        strcat(words, " --measure=calls,issued,on_stack --total --group=some=lib*");
        ask(&asked, &run, words);
        size_t first = asked.query.by_count;
        for (size_t i = 0; i + 1 < asked.grid.row_count; i++) {
            const struct grid_cell *cells = asked.grid.rows[i] + first;
            assert_true(cells[2].number >= cells[0].number && cells[2].number >= cells[1].number);
            assert_true(cells[2].number <= all);
            calls += cells[0].number;
            issued += cells[1].number;
        }
        if (calls != all || issued != all)
            fail_msg("%s: %lu %lu, not %lu", words, calls, issued, all);
        assert_int_equal(asked.grid.rows[asked.grid.row_count - 1][first].number, all);
        forget(&asked);
        run_deinit(&run);
        run_deinit(&other);
    }
}

/* Each row of a cut is what a filter for its value selects, and that has the rest of it. */
static void test_parts(void **state)
{
    (void)state;
    for (size_t key = 0; key < keys_count; key++) {
        struct run run;
        struct asked asked;
        char words[512];
        unsigned before = seed;
        random_run(&run, '1');
        sprintf(words, "--by=%s --group=some=lib*", keys_all[key].name);
        ask(&asked, &run, words);
        for (size_t i = 0; i < asked.grid.row_count && !keys_all[key].several; i++) {
            const struct grid_cell *cells = asked.grid.rows[i];
            if (strchr(cells[0].text, ' '))
                continue; /* is between options here */
            struct run part;
            struct asked of_part;
            unsigned after = seed;
            seed = before;
            random_run(&part, '1');
            seed = after;
            sprintf(words, "--by=abi --group=some=lib* --where=%s=%s", keys_all[key].name,
                    cells[0].text);
            ask(&of_part, &part, words);
            if (calls_of(&part) != cells[1].number)
                fail_msg("%s: %lu, not %lu", words, calls_of(&part), cells[1].number);
            forget(&of_part);
            run_deinit(&part);
        }
        forget(&asked);
        run_deinit(&run);
    }
}

/* The table of all calls is a cut like any other, though made by other code. */
static void test_table(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct run run;
        struct asked asked;
        struct table table;
        random_run(&run, '1');
        ask(&asked, &run,
            "--by=program,phase,library,component,path,syscall,abi,nr "
            "--measure=calls,issued,on_stack,inexact,incomplete");
        assert_int_equal(table_build(&run, &defaults, &table), 0);
        assert_int_equal(asked.grid.row_count, table.count);
        for (size_t i = 0; i < table.count; i++) {
            const struct table_row *row = &table.rows[i];
            char name[SYSCALL_NAME_MAX], nr[16];
            size_t found = 0;
            syscall_name(row->abi, row->nr, name);
            sprintf(nr, "%u", row->nr);
            for (size_t j = 0; j < asked.grid.row_count; j++) {
                const struct grid_cell *cells = asked.grid.rows[j];
                found += !strcmp(cells[0].text, run.programs[row->program].name) &&
                         !strcmp(cells[1].text, table_phase(&table, row)) &&
                         !strcmp(cells[2].text, table_module(&table, row)->name) &&
                         !strcmp(cells[5].text, name) &&
                         !strcmp(cells[6].text, abi_name(row->abi)) && !strcmp(cells[7].text, nr) &&
                         cells[8].number == row->calls && cells[9].number == row->issued &&
                         cells[10].number == row->on_stack && cells[11].number == row->inexact &&
                         cells[12].number == row->incomplete;
            }
            assert_int_equal(found, 1);
        }
        table_deinit(&table);
        forget(&asked);
        run_deinit(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),          cmocka_unit_test(test_needed),
        cmocka_unit_test(test_groups),          cmocka_unit_test(test_columns),
        cmocka_unit_test(test_unknown_results), cmocka_unit_test(test_names),
        cmocka_unit_test(test_filters),         cmocka_unit_test(test_places),
        cmocka_unit_test(test_refused),         cmocka_unit_test(test_refused_together),
        cmocka_unit_test(test_presets),         cmocka_unit_test(test_totals),
        cmocka_unit_test(test_parts),           cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
