/* ruleset.c - rules of compartments: what they add up, how each form prints it, and texts that are
 * none of ours. */
#include "sample.h"

#include <errno.h>
#include <jansson.h>
#include "compartments/ruleset.h"
#include "compartments/rulesetformats.h"
#include "compartments/shapes.h"
#include "compartments/surface.h"

struct rules_case {
    struct run run;
    struct callers callers;
    struct compartments compartments;
    struct membership membership;
    struct query query;
    struct ruleset ruleset;
};

/* A run beside the sample's, in which app writes as i386 does, too, and has the loader map
 * something. */
static void add_run(struct run *run)
{
    struct run other;
    const struct frame by_loader[] = { { SAMPLE_LD, 0, 60 },
                                       { SAMPLE_APP, 0, 16 },
                                       { SAMPLE_APP, FRAME_ENTRY, 1 } };
    const struct frame frames[] = { { SAMPLE_APP, 0, 16 }, { SAMPLE_APP, FRAME_ENTRY, 1 } };

    sample_run(&other, '2');
    const struct count count = { .stack = sample_stack(&other, frames, 2, STACK_COMPLETE),
                                 .abi = ABI_I386,
                                 .nr = 4,
                                 .calls = 5 };
    assert_true(run_count(&other, &count) >= 0);
    sample_calls_by(&other, 0, by_loader, 3, 9, 1);
    assert_int_equal(run_merge(run, &other), 0);
    run_deinit(&other);
}

static void begin(struct rules_case *c, const char *text, bool by_phase)
{
    static const struct table_options options;
    char error[YAMLFILE_ERROR_MAX];
    const struct caller *last;

    memset(c, 0, sizeof(*c));
    query_init(&c->query);
    sample_run(&c->run, '1');
    add_run(&c->run);
    assert_int_equal(run_sort(&c->run), 0);
    for (size_t i = 0; i < c->run.module_count; i++)
        if (!strncmp(c->run.modules[i].soname, "l", 1) && !strstr(c->run.modules[i].name, "liba"))
            c->run.modules[i].set = SET_GLIBC;
    assert_int_equal(callers_init(&c->callers, &c->run, &options), 0);
    assert_int_equal(callers_find(&c->callers, c->run.stacks.count - 1, &last), 0);
    if (compartments_parse(&c->compartments, "f", text, strlen(text), error) ||
        membership_init(&c->membership, &c->compartments, &c->callers, error))
        fail_msg("%s", error);
    assert_int_equal(ruleset_init(&c->ruleset, &c->run, &c->membership, &c->query, by_phase), 0);
}

static void end(struct rules_case *c)
{
    ruleset_deinit(&c->ruleset);
    membership_deinit(&c->membership);
    compartments_deinit(&c->compartments);
    callers_deinit(&c->callers);
    query_deinit(&c->query);
    run_deinit(&c->run);
}

static const char two[] = "compartments:\n"
                          "  - {name: main, default: true}\n"
                          "  - {name: a, libraries: [liba.so.1]}\n";

static void check_call(const struct ruleset_call *call, enum abi abi, const char *name,
                       uint64_t calls, uint64_t inexact, size_t runs)
{
    assert_int_equal(call->abi, abi);
    assert_string_equal(call->name, name);
    assert_int_equal(call->calls, calls);
    assert_int_equal(call->inexact, inexact);
    assert_int_equal(call->runs, runs);
}

static void test_sums(void **state)
{
    struct rules_case c;

    (void)state;
    begin(&c, two, false);
    assert_int_equal(c.ruleset.calls, 42);
    assert_int_equal(c.ruleset.start, 2);
    assert_int_equal(c.ruleset.loader, 4);
    assert_int_equal(c.ruleset.unknown, 2);
    assert_int_equal(c.ruleset.count, 2);
    const struct ruleset_part *main_part = &c.ruleset.parts[0], *a = &c.ruleset.parts[1];
    assert_int_equal(main_part->count, 4);
    check_call(&main_part->calls[0], ABI_X86_64, "exit_group", 2, 0, 2);
    check_call(&main_part->calls[1], ABI_X86_64, "mmap", 1, 0, 1);
    check_call(&main_part->calls[2], ABI_X86_64, "write", 6, 0, 2);
    check_call(&main_part->calls[3], ABI_I386, "write", 5, 0, 1);
    assert_int_equal(a->count, 1);
    check_call(&a->calls[0], ABI_X86_64, "write", 20, 20, 2);
    assert_string_equal(a->calls[0].users, "; 20 by liba.so.1.2: liba.so.1.2+0x7 via write");
    assert_int_equal(a->library_count, 1);
    assert_string_equal(a->libraries[0], "liba.so.1.2");
    assert_int_equal(c.ruleset.process->total, 40);
    assert_int_equal(c.ruleset.process->list.count, 4); /* exit_group, mmap and both writes */
    end(&c);
}

/* Of two runs, and four calls of which two are in one alone: 1/2 * 2^2 / (2 * 2) are unseen. */
static void check_estimate(bool by_phase)
{
    struct rules_case c;

    begin(&c, two, by_phase);
    const struct richness *richness = &c.ruleset.parts[0].richness;
    assert_true(richness->known);
    assert_int_equal(richness->samples, 2);
    assert_int_equal(richness->seen, 4);
    assert_int_equal(richness->once, 2);
    assert_int_equal(richness->twice, 2);
    assert_true(richness->unseen == 0.5);
    assert_int_equal(c.ruleset.parts[1].richness.seen, 1);
    assert_true(c.ruleset.parts[1].richness.unseen == 0);
    assert_int_equal(c.ruleset.process->richness.seen, 4);
    end(&c);
}

static void test_unseen(void **state)
{
    (void)state;
    check_estimate(false);
    check_estimate(true); /* a call of two phases is one */
}

static char *print(const struct rules_case *c, format_print *print_format)
{
    const struct subject subject = { .ruleset = &c->ruleset };

    return PRINTED(print_format(file, &subject));
}

static void check_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' has no '%s'", text, part);
}

static void test_yaml(void **state)
{
    struct rules_case c;

    (void)state;
    begin(&c, two, false);
    c.ruleset.deny_unknown = true;
    char *text = print(&c, rulesetyaml_print);
    check_holds(text, "# Of no compartment: 4 by the loader, 2 by [unknown], 2 first execve\n");
    check_holds(text, "\nformat: systrace-lib-rules/1\n"
                      "default-action: {errno: EPERM}\n"
                      "unknown-action: deny\n"
                      "compartments:\n");
    check_holds(text,
                "  # Unseen system calls: about 0.5 (95 % confidence: 0 to 6); sample coverage "
                "88.9 %;\n  #  by 2 runs, which are too few to say much\n");
    check_holds(text, "  - name: \"main\"\n    default: true\n    allow:\n      - exit_group  # 2 "
                      "calls in 2 runs;");
    check_holds(text, "      - i386:write  # 5 calls in 1 run;");
    check_holds(
        text,
        "  # The process asks for these, but not this compartment: exit_group mmap i386:write\n"
        "  - name: \"a\"\n"
        "    libraries: [\"liba.so.1\"]\n"
        "    allow:\n"
        "      - write  # 20 calls in 2 runs, 20 inexact;");
    free(text);
    end(&c);
}

/* Who asked is named in a comment, and not as a library of the compartment that owns what made the
 * call. */
static void test_owned(void **state)
{
    struct rules_case c;

    (void)state;
    begin(&c,
          "compartments:\n"
          "  - {name: main, default: true}\n"
          "  - {name: c, runtime: owned}\n"
          "  - {name: l, libraries: ['ld-linux*']}\n",
          false);
    char *text = print(&c, rulesetyaml_print);
    check_holds(text, "  # Libraries that asked: app ld-linux-x86-64.so.2\n");
    check_holds(text, "  - name: \"l\"\n    libraries: [\"ld-linux*\"]\n");
    check_holds(text, "  - name: \"c\"\n    runtime: owned\n    allow:\n");
    free(text);
    end(&c);
}

static void test_phases(void **state)
{
    struct rules_case c;

    (void)state;
    begin(&c, two, true);
    char *text = print(&c, rulesetyaml_print);
    check_holds(text, "    phases:\n      \"exit\":\n        - exit_group  #");
    check_holds(text, "\n      \"main\":\n        - write  #");
    assert_null(strstr(text, "allow:"));
    free(text);
    end(&c);
}

/* What is special to YAML and C comes out as itself. */
static void test_odd_names(void **state)
{
    struct rules_case c;
    struct compartments again;
    char error[YAMLFILE_ERROR_MAX];

    (void)state;
    begin(&c,
          "compartments: [{name: \"a \\\"b\\\": # ?"
          "?/\\u2028\\U0001F427\", default: true, "
          "libraries: ['*\xc3\xa9']}]\n",
          false);
    char *text = print(&c, rulesetyaml_print);
    check_holds(text, "  - name: \"a \\\"b\\\": # ?"
                      "?/\\u2028\\U0001F427\"\n");
    if (compartments_parse(&again, "f", text, strlen(text), error))
        fail_msg("%s", error);
    assert_string_equal(again.all[0].name, c.compartments.all[0].name);
    assert_string_equal(again.libraries[0].name, "*\xc3\xa9");
    compartments_deinit(&again);
    free(text);
    text = print(&c, rulesetc_print);
    check_holds(text, "    { \"a \\\"b\\\": # \\?\\?/\\342\\200\\250\\360\\237\\220\\247\", 1, 0, "
                      "libraries_0, rules_0, 4 },\n");
    check_holds(text, "    { \"i386\", 4, \"write\" },\n");
    free(text);
    end(&c);
}

static void test_oci(void **state)
{
    struct rules_case c;
    const char *name;

    (void)state;
    begin(&c, two, false);
    char *text = print(&c, rulesetoci_print);
    json_t *json = json_loads(text, 0, NULL);
    assert_int_equal(
        json_unpack(json, "{s:{},s:{s:[{s:[s!]}]}}", "main", "a", "syscalls", "names", &name), 0);
    assert_string_equal(name, "write");
    json_decref(json);
    free(text);
    c.ruleset.selected = 1;
    text = print(&c, rulesetoci_print);
    json = json_loads(text, 0, NULL);
    assert_int_equal(json_unpack(json, "{s:[{s:[s!]}]}", "syscalls", "names", &name), 0);
    json_decref(json);
    free(text);
    end(&c);
}

/* All keys and their styles stay, but a list that was there. */
static void test_kraft(void **state)
{
    static const char file_text[] = "specification: '0.6'\n"
                                    "kept: &k {x: [1, \"2\"], syscalls: [no]}\n"
                                    "compartments:\n"
                                    "- name: main\n"
                                    "  syscalls: {old: [1, 2]}\n"
                                    "  default: true\n"
                                    "- {name: a, libraries: [liba.so.1], other: *k}\n"
                                    "syscalls: kept\n";
    struct rules_case c;

    (void)state;
    begin(&c, file_text, false);
    char *text = print(&c, rulesetkraft_print);
    assert_string_equal(text, "specification: '0.6'\n"
                              "kept: &k {x: [1, \"2\"], syscalls: [no]}\n"
                              "compartments:\n"
                              "- name: main\n"
                              "  default: true\n"
                              "  syscalls: [exit_group, mmap, write, 'i386:write']\n"
                              "- {name: a, libraries: [liba.so.1], other: *k, syscalls: [write]}\n"
                              "syscalls: kept\n");
    free(text);
    end(&c);
}

/* There is no room for rules where the compartments are aliases: nothing is printed by half. */
static void test_aliases(void **state)
{
    struct rules_case c;
    char *text = NULL;
    size_t size;

    (void)state;
    begin(&c, "x: &x [{name: main, default: true}]\ncompartments: *x\n", false);
    const struct subject subject = { .ruleset = &c.ruleset };
    FILE *file = open_memstream(&text, &size);
    assert_int_equal(rulesetkraft_print(file, &subject), -ENOTSUP);
    fclose(file);
    free(text);
    end(&c);
}

/* ---- What they are worth ---- */

static const struct grid_cell *find_cell(const struct grid *grid, const char *row,
                                         const char *column)
{
    for (size_t i = 0; i < grid->row_count; i++)
        for (size_t j = 0; j < grid->column_count; j++)
            if (!strcmp(grid->rows[i][0].text, row) && !strcmp(grid->columns[j], column))
                return &grid->rows[i][j];
    fail_msg("there is no %s of %s", column, row);
    return NULL;
}

static void test_figures(void **state)
{
    struct rules_case c;
    struct grid grid;

    (void)state;
    begin(&c, two, false);
    assert_int_equal(surface_grid(&c.ruleset, SURFACE_COMPARTMENTS, false, &grid), 0);
    assert_int_equal(grid.row_count, 4);
    assert_int_equal(find_cell(&grid, "[process]", "syscalls")->number, 4);
    assert_int_equal(find_cell(&grid, "[process]", "capabilities")->number, 1); /* map-code */
    assert_int_equal(find_cell(&grid, "a", "syscalls")->number, 1);
    assert_int_equal(find_cell(&grid, "a", "removed")->number, 3);
    assert_true(find_cell(&grid, "a", "removed_percent")->real == 75.0);
    assert_int_equal(find_cell(&grid, "a", "capabilities")->number, 0);
    grid_deinit(&grid);
    assert_int_equal(surface_grid(&c.ruleset, SURFACE_CAPABILITIES, true, &grid), 0);
    assert_int_equal(grid.row_count, 1);
    assert_int_equal(find_cell(&grid, "map-code", "[process]")->number, 1);
    assert_int_equal(find_cell(&grid, "map-code", "main")->number, 1);
    grid_deinit(&grid);
    assert_int_equal(surface_grid(&c.ruleset, SURFACE_SHAPES, false, &grid), 0);
    assert_int_equal(grid.row_count, 4 * shape_count);
    grid_deinit(&grid);
    end(&c);
}

/* The phase `load`; or, where there is one of the user's, all before that. Exits are in neither. */
static void test_start(void **state)
{
    struct rules_case c;

    (void)state;
    begin(&c, two, false);
    assert_false(c.ruleset.has_service);
    assert_int_equal(c.ruleset.starting->total, 4); /* mmap by the loader */
    assert_int_equal(c.ruleset.starting->list.count, 1);
    const struct count count = { .stack = c.run.counts[c.run.count_count - 1].stack,
                                 .phase = (uint32_t)run_phase(&c.run, "serving"),
                                 .nr = 17,
                                 .calls = 6 };
    const uint64_t total = c.ruleset.process->total;
    assert_true(run_count(&c.run, &count) >= 0);
    ruleset_deinit(&c.ruleset);
    assert_int_equal(ruleset_init(&c.ruleset, &c.run, &c.membership, &c.query, false), 0);
    assert_true(c.ruleset.has_service);
    assert_int_equal(c.ruleset.process->total, total + 6);
    assert_int_equal(c.ruleset.starting->total, total - 2); /* but two exits */
    end(&c);
}

static const struct shape *find_shape(const char *name)
{
    for (size_t i = 0; i < shape_count; i++)
        if (!strcmp(shapes[i].name, name))
            return &shapes[i];
    fail_msg("there is no shape %s", name);
    return NULL;
}

static bool is_possible(const char *shape, const char *const *calls, enum abi abi)
{
    struct allowlist list = { 0 };

    for (; *calls; calls++)
        assert_int_equal(
            allowlist_add(&list, abi, (uint32_t)syscall_number(abi, *calls), ALLOWED_SEEN), 0);
    bool ret = shape_is_possible(find_shape(shape), &list);
    allowlist_deinit(&list);
    return ret;
}

#define CALLS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_shapes(void **state)
{
    (void)state;
    assert_false(is_possible("spawn-shell", CALLS("read", "write"), ABI_X86_64));
    assert_true(is_possible("spawn-shell", CALLS("execveat"), ABI_X86_64));
    assert_false(is_possible("connect-back", CALLS("socket"), ABI_X86_64));
    assert_true(is_possible("connect-back", CALLS("connect", "socket"), ABI_X86_64));
    assert_true(is_possible("connect-back", CALLS("socketcall"), ABI_I386));
    assert_false(
        is_possible("connect-back-shell", CALLS("connect", "socket", "execve"), ABI_X86_64));
    assert_true(is_possible("connect-back-shell", CALLS("connect", "socket", "execve", "dup2"),
                            ABI_X86_64));
    assert_true(is_possible("listen", CALLS("socket", "bind", "listen", "accept4"), ABI_X86_64));
    assert_false(is_possible("write-execute", CALLS("openat", "pwritev"), ABI_X86_64));
    assert_true(is_possible("inject", CALLS("process_vm_writev"), ABI_X86_64));
}

/* Each name in the tables is one. */
static void test_tables(void **state)
{
    (void)state;
    for (const char *const *call = sensitive_calls; *call; call++)
        assert_true(syscall_exists(ABI_X86_64, *call));
    for (size_t i = 0; i < shape_count; i++) {
        char *steps = shape_steps(&shapes[i]);
        for (char *call = strtok(steps, "| "); call; call = strtok(NULL, "| "))
            if (!syscall_exists(ABI_X86_64, call) && !syscall_exists(ABI_I386, call))
                fail_msg("%s: there is no call %s", shapes[i].name, call);
        free(steps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),      cmocka_unit_test(test_unseen),
        cmocka_unit_test(test_yaml),      cmocka_unit_test(test_owned),
        cmocka_unit_test(test_phases),    cmocka_unit_test(test_oci),
        cmocka_unit_test(test_odd_names), cmocka_unit_test(test_kraft),
        cmocka_unit_test(test_aliases),   cmocka_unit_test(test_figures),
        cmocka_unit_test(test_start),     cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
