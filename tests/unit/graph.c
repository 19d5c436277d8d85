/* graph.c - who calls whom: edges and their calls, and what DOT says of them. */
#include "sample.h"

#include "report/format.h"
#include "report/graph.h"

static const struct table_options defaults;

static const char *name_of(const struct table *table, uint32_t library)
{
    return table->callers.run->modules[table->callers.libraries[library].module].name;
}

/* Is there this edge, with so many calls? */
static void check_edge(const struct table *table, const struct graph *graph, const char *from,
                       const char *to, uint64_t calls)
{
    for (size_t i = 0; i < graph->edge_count; i++)
        if (!strcmp(name_of(table, graph->edges[i].from), from) &&
            !strcmp(name_of(table, graph->edges[i].to), to)) {
            assert_int_equal(graph->edges[i].calls, calls);
            return;
        }
    if (calls)
        fail_msg("no edge from %s to %s", from, to);
}

static uint64_t uses_of(const struct table *table, const struct graph *graph, const char *library)
{
    uint64_t calls = 0;

    for (size_t i = 0; i < graph->use_count; i++)
        if (!library || !strcmp(name_of(table, graph->uses[i].from), library))
            calls += graph->uses[i].calls;
    return calls;
}

static void test_sample(void **state)
{
    struct run run;
    struct table table;
    struct graph graph;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(graph_init(&graph, &table), 0);
    assert_int_equal(graph.edge_count, 1);
    check_edge(&table, &graph, "app", "liba.so.1.2", 10);
    assert_int_equal(uses_of(&table, &graph, NULL), 18);
    assert_int_equal(uses_of(&table, &graph, "liba.so.1.2"), 10);
    assert_int_equal(uses_of(&table, &graph, "app"), 4);
    assert_int_equal(uses_of(&table, &graph, "[unknown]"), 1);
    assert_int_equal(uses_of(&table, &graph, "ld-linux-x86-64.so.2"), 2);
    graph_deinit(&graph);
    table_deinit(&table);

    const struct table_options all = { .runtime.no_builtin = true };
    assert_int_equal(table_build(&run, &all, &table), 0);
    assert_int_equal(graph_init(&graph, &table), 0);
    check_edge(&table, &graph, "app", "liba.so.1.2", 10);
    check_edge(&table, &graph, "liba.so.1.2", "libc.so.6", 10);
    check_edge(&table, &graph, "app", "libc.so.6", 4);
    assert_int_equal(uses_of(&table, &graph, "libc.so.6"), 15);
    graph_deinit(&graph);
    table_deinit(&table);
    run_deinit(&run);
}

/* Each call has an edge once, however often it is on its stack; there is none to itself; and none
 * from what a signal interrupted. */
static void test_stacks(void **state)
{
    const struct frame back_and_forth[] = { { SAMPLE_LIBC, 0, 120 }, { SAMPLE_LIBA, 0, 1 },
                                            { SAMPLE_APP, 0, 15 },   { SAMPLE_LIBA, 0, 2 },
                                            { SAMPLE_LIBA, 0, 3 },   { SAMPLE_LIBC, 0, 20 },
                                            { SAMPLE_APP, 0, 16 } };
    const struct frame handler[] = { { SAMPLE_LIBC, 0, 120 },
                                     { SAMPLE_LIBA, 0, 1 },
                                     { SAMPLE_LIBC, FRAME_SIGNAL, 30 },
                                     { SAMPLE_LD, 0, 1 },
                                     { SAMPLE_APP, 0, 16 } };
    struct run run;
    struct table table;
    struct graph graph;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    sample_calls_by(&run, execution, back_and_forth, 7, 1, 5);
    sample_calls_by(&run, execution, handler, 5, 1, 7);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    assert_int_equal(graph_init(&graph, &table), 0);
    assert_int_equal(graph.edge_count, 2);
    check_edge(&table, &graph, "app", "liba.so.1.2", 5);
    check_edge(&table, &graph, "liba.so.1.2", "app", 5);
    assert_int_equal(uses_of(&table, &graph, "liba.so.1.2"), 12);
    graph_deinit(&graph);
    table_deinit(&table);
    run_deinit(&run);
}

static char *print_dot(struct run *run)
{
    struct table table;

    assert_int_equal(table_build(run, &defaults, &table), 0);
    const struct subject subject = { .run = run, .table = &table };
    char *text = PRINTED(dot_print(file, &subject));
    table_deinit(&table);
    return text;
}

static void test_dot(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    char *text = print_dot(&run);
    assert_non_null(
        strstr(text, "    l6 [label=\"liba.so.1.2\\n10\", tooltip=\"liba.so.1.2: 10 calls\"];\n"));
    assert_non_null(strstr(text, "    l5 -> l6 [label=\"10\", "));
    assert_null(strstr(text, "libc.so.6"));
    free(text);
    run_deinit(&run);
    assert_int_equal(run_init(&run), 0);
    text = print_dot(&run);
    assert_non_null(strstr(text, ": 0 system calls\""));
    assert_null(strstr(text, "->"));
    free(text);
    run_deinit(&run);
}

/* Quotes, what labels and HTML take for escapes, and length. */
static void test_hostile_names(void **state)
{
    char name[4001] = "a\"];}\\N\\\n&lt;é";
    struct run run;
    (void)state;

    memset(name + strlen(name), 'x', sizeof(name) - 1 - strlen(name));
    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    const struct frame frames[] = { { sample_module(&run, name, "/x", "", ""), 0, 1 } };
    sample_calls_by(&run, sample_execution(&run, '1'), frames, 1, 1, 1);
    char *text = print_dot(&run);
    const char *label = strstr(text, "[label=\"a\\\"];}\\\\\\\\N\\\\\\\\\\\\x0a&amp;lt;éxxx");
    assert_non_null(label);
    assert_in_range(strstr(label, "…\\n1\", tooltip=\"") - label, 48, 80);
    assert_non_null(strstr(text, "xxx: 1 call\"];\n"));
    free(text);
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_dot),
        cmocka_unit_test(test_hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
