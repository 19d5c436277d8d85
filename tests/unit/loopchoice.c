/* loopchoice.c - of the loops that a stack is in, which one is said to wait; and what the table
 * says of it. */
#include "sample.h"

#include "report/loops.h"

enum { WRITE = 1, POLL = 7, FORK = 57, EXECVE = 59 };

/* Places of calls in the app, by function, each of which has 100 bytes; the last has no name. */
enum {
    IN_MAIN = 15,
    IN_OUTER = 110,
    ALSO_IN_OUTER = 120,
    CHILD_IN_OUTER = 130,
    IN_INNER = 210,
    IN_SETUP = 310,
    IN_NAMELESS = 410
};

enum { DEPTH_MAX = 4 };

struct call {
    uint32_t nr;
    uint64_t calls;
    uint64_t by[DEPTH_MAX]; /* innermost first, 0 behind the last */
};

static void add_call(struct run *run, uint32_t execution, const struct call *call)
{
    struct frame frames[DEPTH_MAX + 2] = { { SAMPLE_LIBC, 0, 120 } };
    uint32_t depth = 1;

    for (; depth <= DEPTH_MAX && call->by[depth - 1]; depth++)
        frames[depth] = (struct frame){ SAMPLE_APP, 0, call->by[depth - 1] };
    frames[depth++] = (struct frame){ SAMPLE_APP, FRAME_ENTRY, 1 };
    sample_calls_by(run, execution, frames, depth, call->nr, call->calls);
}

static void make_run(struct run *run, const struct call *calls, size_t count, enum loop_kind outer)
{
    static const struct {
        const char *name;
        uint64_t start;
    } functions[] = { { "outer", 100 }, { "inner", 200 }, { "setup", 300 } };

    assert_int_equal(run_init(run), 0);
    sample_modules(run);
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
        assert_int_equal(run_add_symbol(run, SAMPLE_APP, functions[i].start, 100, functions[i].name,
                                        "", SOURCE_SYMTAB),
                         0);
    assert_int_equal(run_add_extent(run, SAMPLE_APP, 400, 100), 0);
    assert_int_equal(run_add_loop(run, SAMPLE_APP, IN_INNER, LOOP_PROVEN), 0);
    assert_int_equal(run_add_loop(run, SAMPLE_APP, IN_NAMELESS, LOOP_PROVEN), 0);
    assert_int_equal(run_add_loop(run, SAMPLE_APP, CHILD_IN_OUTER, LOOP_LIKELY), 0);
    if (outer != LOOP_UNKNOWN) {
        assert_int_equal(run_add_loop(run, SAMPLE_APP, IN_OUTER, outer), 0);
        assert_int_equal(run_add_loop(run, SAMPLE_APP, ALSO_IN_OUTER, outer), 0);
    }
    uint32_t execution = sample_execution(run, '1');
    for (size_t i = 0; i < count; i++)
        add_call(run, execution, &calls[i]);
}

/* The grid as lines: the numbers but the share, and the loop. To be freed. */
static char *print(const struct grid *grid)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    for (size_t row = 0; row < grid->row_count; row++) {
        const struct grid_cell *cells = grid->rows[row];
        fprintf(file, "%lu %lu %lu %lu %.0f%% %s %s %s\n", cells[0].number, cells[1].number,
                cells[2].number, cells[3].number, cells[4].real, cells[5].text, cells[6].text,
                cells[7].text);
    }
    fclose(file);
    return text;
}

static void check_run(struct run *run, const char *expected, const char *note)
{
    static const struct table_options defaults;
    struct callers callers;
    struct keys keys;
    struct grid grid;
    const struct caller *last;

    assert_int_equal(callers_init(&callers, run, &defaults), 0);
    assert_int_equal(callers_find(&callers, run->stacks.count - 1, &last), 0);
    assert_int_equal(keys_init(&keys, run, &callers, NULL), 0);
    assert_int_equal(loops_grid(run, &keys, &grid), 0);
    char *text = print(&grid);
    assert_string_equal(text, expected);
    if (note)
        assert_string_equal(grid.note, note);
    free(text);
    grid_deinit(&grid);
    keys_deinit(&keys);
    callers_deinit(&callers);
}

static void check(const struct call *calls, size_t count, enum loop_kind outer,
                  const char *expected, const char *note)
{
    struct run run;

    make_run(&run, calls, count, outer);
    check_run(&run, expected, note);
    run_deinit(&run);
}

#define CHECK(outer, expected, note, ...)                                       \
    do {                                                                        \
        const struct call calls_[] = { __VA_ARGS__ };                           \
        check(calls_, sizeof(calls_) / sizeof(*calls_), outer, expected, note); \
    } while (0)

static void test_one(void **state)
{
    (void)state;
    CHECK(LOOP_UNKNOWN, "20 0 20 40 50% app [main] app:inner\n",
          "To report the calls of such a loop alone, or record them as a phase:\n"
          "--under=app:inner\n"
          "--phase=serving@app:inner\n",
          { POLL, 20, { IN_INNER, IN_OUTER, IN_MAIN } }, { WRITE, 20, { IN_SETUP, IN_MAIN } });
    /* Without a name: where it starts. */
    CHECK(LOOP_UNKNOWN, "20 0 25 25 100% app [main] app+0x190\n", NULL,
          { POLL, 20, { IN_NAMELESS, IN_MAIN } }, { WRITE, 5, { IN_NAMELESS, IN_MAIN } });
}

static void test_none(void **state)
{
    (void)state;
    CHECK(LOOP_PROVEN, "", "", { POLL, 1, { IN_OUTER, IN_MAIN } },
          { WRITE, 9, { IN_OUTER, IN_MAIN } });
    CHECK(LOOP_UNKNOWN, "3 0 3 3 100% app [main] [unknown]\n", "",
          { POLL, 3, { IN_SETUP, IN_MAIN } });
}

static void test_nested(void **state)
{
    (void)state;
    /* The outer one goes round, as a call of its own shows; */
    CHECK(LOOP_PROVEN, "40 0 40 40 100% app [main] app:outer\n", NULL,
          { POLL, 30, { IN_INNER, IN_OUTER, IN_MAIN } }, { POLL, 10, { ALSO_IN_OUTER, IN_MAIN } });
    /* it does hardly, as one that starts a server again; */
    CHECK(LOOP_PROVEN, "30 0 30 33 91% app [main] app:inner\n", NULL,
          { POLL, 30, { IN_INNER, IN_OUTER, IN_MAIN } },
          { WRITE, 3, { IN_SETUP, ALSO_IN_OUTER, IN_MAIN } });
    /* its calls are many because there were many processes, each of which makes it once. */
    CHECK(LOOP_PROVEN, "300 0 300 400 75% app [main] app:inner\n", NULL,
          { EXECVE, 50, { IN_MAIN } }, { POLL, 300, { IN_INNER, IN_OUTER, IN_MAIN } },
          { WRITE, 50, { ALSO_IN_OUTER, IN_MAIN } });
    /* Neither is seen to go round: the outer one, but for one that is only likely. */
    CHECK(LOOP_PROVEN, "3 0 3 3 100% app [main] app:outer\n", NULL,
          { POLL, 3, { IN_INNER, IN_OUTER, IN_MAIN } });
    CHECK(LOOP_LIKELY, "3 0 3 3 100% app [main] app:inner\n", NULL,
          { POLL, 3, { IN_INNER, IN_OUTER, IN_MAIN } });
}

static void test_likely(void **state)
{
    (void)state;
    CHECK(LOOP_LIKELY, "9 9 9 9 100% app [main] app:outer\n", NULL,
          { POLL, 9, { IN_OUTER, IN_MAIN } });
}

/* A child does not go round where its parent forked it: behind its call stands the parent's code.
 */
static void test_forked(void **state)
{
    (void)state;
    CHECK(LOOP_PROVEN,
          "30 0 30 43 70% app [main] app:inner\n"
          "10 0 43 43 100% app [main] app:outer\n",
          NULL, { FORK, 3, { IN_OUTER, IN_MAIN } },
          { POLL, 30, { IN_INNER, CHILD_IN_OUTER, IN_MAIN } }, { POLL, 10, { IN_OUTER, IN_MAIN } });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),    cmocka_unit_test(test_none),   cmocka_unit_test(test_nested),
        cmocka_unit_test(test_likely), cmocka_unit_test(test_forked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
