/* surface.c - figures of compartments that are made up: what is counted, against which base, and
 * who faces the network; and the page, whatever names are. */
#include "test.h"

#include "compartments/figures.h"
#include "compartments/surface.h"
#include "compartments/surfaceformats.h"
#include "record/syscalls.h"
#include "report/grid.h"

#define CALLS(...) ((const char *const[]){ __VA_ARGS__, NULL })
enum { FRONT, CRYPTO, STORE, IDLE, PROCESS, START, PARTS };

struct surface_case {
    struct ruleset ruleset;
    struct ruleset_part parts[PARTS];
    struct compartments compartments;
};

static void fill(struct ruleset_part *part, const char *name, const char *const *calls)
{
    *part = (struct ruleset_part){ .name = name };
    for (; *calls; calls++, part->total++)
        assert_int_equal(allowlist_add(&part->list, ABI_X86_64,
                                       (uint32_t)syscall_number(ABI_X86_64, *calls), ALLOWED_SEEN),
                         0);
    allowlist_sort(&part->list);
}

/* Of ten calls of the process, 4 are the front's, 2 of crypto, 3 of the store, one of nobody. */
static void begin(struct surface_case *c, const char *front)
{
    *c = (struct surface_case){ 0 };
    fill(&c->parts[FRONT], front, CALLS("accept4", "connect", "socket", "write"));
    fill(&c->parts[CRYPTO], "crypto", CALLS("getrandom", "read"));
    fill(&c->parts[STORE], "store", CALLS("openat", "pwrite64", "execve"));
    fill(&c->parts[IDLE], "idle", (const char *const[]){ NULL });
    fill(&c->parts[PROCESS], "[process]",
         CALLS("accept4", "connect", "socket", "write", "getrandom", "read", "openat", "pwrite64",
               "execve", "mmap"));
    fill(&c->parts[START], "[start]", CALLS("openat", "read", "mmap", "socket"));
    c->compartments.owner = c->compartments.fallback = COMPARTMENT_NONE;
    c->ruleset = (struct ruleset){ .compartments = &c->compartments,
                                   .parts = c->parts,
                                   .count = 4,
                                   .process = &c->parts[PROCESS],
                                   .starting = &c->parts[START],
                                   .comment = "Runs: <1>\n" };
}

static void end(struct surface_case *c)
{
    for (int i = 0; i < PARTS; i++)
        allowlist_deinit(&c->parts[i].list);
}

static void test_figures(void **state)
{
    static const uint64_t counts[][FIGURES] = {
        [FRONT] = { 4, 3, 3, 1 }, /* connect, sockets, listen; connect-back */
        [CRYPTO] = { 2, 0, 0, 0 }, [STORE] = { 3, 3, 1, 2 }, /* spawn-shell, write-execute */
        [IDLE] = { 0, 0, 0, 0 },   [PROCESS] = { 10, 7, 4, 3 }, [START] = { 4, 4, 1, 0 },
    };
    struct surface_case c;

    (void)state;
    begin(&c, "front");
    for (int part = 0; part < PARTS; part++)
        for (int figure = 0; figure < FIGURES; figure++) {
            uint64_t count = figure_count(&c.ruleset, (enum figure)figure, &c.parts[part]);
            uint64_t removed =
                figure_removed(&c.ruleset, (enum figure)figure, &c.parts[PROCESS], &c.parts[part]);
            if (count != counts[part][figure])
                fail_msg("%s of %s: %d", figure_name((enum figure)figure), c.parts[part].name,
                         (int)count);
            assert_int_equal(count + removed, counts[PROCESS][figure]);
        }
    assert_int_equal(figure_removed(&c.ruleset, FIGURE_SYSCALLS, &c.parts[START], &c.parts[STORE]),
                     3);
    assert_int_equal(figure_removed(&c.ruleset, FIGURE_SENSITIVE, &c.parts[START], &c.parts[FRONT]),
                     0);
    end(&c);
}

static enum facing facing_with(const char *const *calls, const char *const *of_process)
{
    struct surface_case c;

    begin(&c, "front");
    allowlist_deinit(&c.parts[IDLE].list);
    allowlist_deinit(&c.parts[PROCESS].list);
    fill(&c.parts[IDLE], "idle", calls);
    fill(&c.parts[PROCESS], "[process]", of_process);
    enum facing ret = facing_of(&c.ruleset, &c.parts[IDLE]);
    end(&c);
    return ret;
}

static void test_facing(void **state)
{
    (void)state;
    assert_int_equal(facing_with(CALLS("recvmsg"), CALLS("recvmsg")), FACING_YES);
    assert_int_equal(facing_with(CALLS("recvfrom", "read"), CALLS("recvfrom", "read")), FACING_YES);
    assert_int_equal(facing_with(CALLS("accept"), CALLS("accept")), FACING_YES);
    assert_int_equal(facing_with(CALLS("readv"), CALLS("readv", "socket")), FACING_PERHAPS);
    assert_int_equal(facing_with(CALLS("readv"), CALLS("readv", "openat")), FACING_NO);
    assert_int_equal(facing_with(CALLS("socket", "connect", "sendto", "pread64"),
                                 CALLS("socket", "connect", "sendto", "pread64")),
                     FACING_NO);
}

static double cell(const struct grid *grid, const char *over, const char *figure,
                   const char *column)
{
    for (size_t i = 0; i < grid->row_count; i++)
        for (size_t j = 2; j < grid->column_count; j++)
            if (!strcmp(grid->rows[i][0].text, over) && !strcmp(grid->rows[i][1].text, figure) &&
                !strcmp(grid->columns[j], column))
                return grid->rows[i][j].kind == GRID_NUMBER ? (double)grid->rows[i][j].number
                       : grid->rows[i][j].kind == GRID_REAL ? grid->rows[i][j].real
                                                            : -1;
    fail_msg("there is no %s of %s over %s", column, figure, over);
    return 0;
}

/* A compartment that asked for nothing is in no mean. */
static void test_means(void **state)
{
    struct surface_case c;
    struct grid grid;

    (void)state;
    begin(&c, "front");
    assert_int_equal(surface_grid(&c.ruleset, SURFACE_MEANS, false, &grid), 0);
    assert_true(cell(&grid, "all", "syscalls", "compartments") == 3);
    assert_true(cell(&grid, "all", "syscalls", "mean") == 3);
    assert_true(cell(&grid, "all", "syscalls", "process") == 10);
    assert_true(cell(&grid, "all", "syscalls", "removed") == 7);
    assert_true(cell(&grid, "all", "syscalls", "removed_percent") == 70);
    assert_true(cell(&grid, "all", "syscalls", "start") == 4);
    assert_true(cell(&grid, "all", "syscalls", "start_removed") == 3);
    assert_true(cell(&grid, "all", "syscalls", "start_percent") == 75);
    assert_true(cell(&grid, "perhaps", "syscalls", "compartments") == 2);
    assert_true(cell(&grid, "perhaps", "syscalls", "mean") == 3);
    assert_true(cell(&grid, "network", "syscalls", "compartments") == 1);
    assert_true(cell(&grid, "network", "syscalls", "removed") == 6);
    assert_true(cell(&grid, "network", "shapes", "removed") == 2);
    assert_true(cell(&grid, "network", "shapes", "start_percent") == -1); /* it has none */
    grid_deinit(&grid);
    c.ruleset.count = 0;
    assert_int_equal(surface_grid(&c.ruleset, SURFACE_MEANS, false, &grid), 0);
    assert_true(cell(&grid, "all", "syscalls", "mean") == -1);
    grid_deinit(&grid);
    end(&c);
}

static void check_count(const char *text, const char *part, size_t wanted)
{
    size_t count = 0;

    for (const char *at = text; (at = strstr(at, part)); at++)
        count++;
    if (count != wanted)
        fail_msg("%zu times '%s', not %zu", count, part, wanted);
}

static char *print(struct surface_case *c, int table)
{
    const struct subject subject = { .ruleset = &c->ruleset, .table_of_surface = table };
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_int_equal(surfacehtml_print(file, &subject), 0);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* What stands in an attribute ends it no more than it begins a tag. */
static void test_page(void **state)
{
    struct surface_case c;

    (void)state;
    begin(&c, "\"><script>alert(1)</script>&amp;");
    char *text = print(&c, SURFACE_ALL);
    check_count(text, "<script", 0);
    check_count(text, "\"><script", 0);
    check_count(text, "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;", 1 + 3 * 2);
    check_count(text, "<h2>", SURFACE_TABLES);
    check_count(text, "class=\"heat still\"", 3);
    check_count(text, "Runs: &lt;1&gt;", 1);
    check_count(text, "</html>", 1);
    free(text);
    text = print(&c, SURFACE_MEANS);
    check_count(text, "<h2>", 1);
    check_count(text, "class=\"tiles\"", 0);
    free(text);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures),
        cmocka_unit_test(test_facing),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
