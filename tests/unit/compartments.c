/* compartments.c - declarations of compartments: what is read, what is refused and where, which
 * library and which call is in which. */
#include "sample.h"

#include <errno.h>
#include "compartments/membership.h"

/* The shape of the files that FlexOS published, with what is in none of our keys. */
static const char kraft[] = "---\n"
                            "specification: '0.6'\n"
                            "name: sample\n"
                            "unikraft:\n"
                            "  version: staging\n"
                            "  kconfig:\n"
                            "    - CONFIG_SAMPLE=y\n"
                            "    - CONFIG_ROOT=\"fs0\"\n"
                            "targets:\n"
                            "  - architecture: x86_64\n"
                            "    platform: kvm\n"
                            "compartments:\n"
                            "  - name: comp1\n"
                            "    mechanism:\n"
                            "      driver: intel-pku\n"
                            "    default: true\n"
                            "  - name: comp2\n"
                            "    mechanism:\n"
                            "      driver: intel-pku\n"
                            "libraries:\n"
                            "  uktime:\n"
                            "    is_core: true\n"
                            "    compartment: comp2\n"
                            "  liba:\n"
                            "    version: staging\n"
                            "    compartment: comp2\n"
                            "  tlsf: staging\n"
                            "  newlib:\n"
                            "    version: staging\n"
                            "    kconfig:\n"
                            "      - CONFIG_LIBNEWLIBC=y\n"
                            "    compartment: comp1\n"
                            "volumes: {}\n"
                            "networks: {}\n";
static const char sonames[] = "sonames:\n  newlib: [\"libc.so*\"]\n  liba: liba.so.1\n";

static int parse(struct compartments *compartments, const char *text, char *error)
{
    return compartments_parse(compartments, "f", text, strlen(text), error);
}

static void check_parse(struct compartments *compartments, const char *text)
{
    char error[YAMLFILE_ERROR_MAX] = "";

    if (parse(compartments, text, error))
        fail_msg("%s: %s", text, error);
}

static void test_kraft(void **state)
{
    struct compartments c;
    char error[YAMLFILE_ERROR_MAX], *own[2];

    (void)state;
    check_parse(&c, kraft);
    assert_int_equal(c.count, 2);
    assert_string_equal(c.all[0].name, "comp1");
    assert_int_equal(c.fallback, 0);
    assert_int_equal(c.owner, COMPARTMENT_NONE);
    assert_int_equal(c.library_count, 4);
    assert_string_equal(c.libraries[1].name, "liba");
    assert_int_equal(c.libraries[1].compartment, 1);
    assert_int_equal(c.libraries[2].compartment, 0);
    assert_int_equal(c.size, strlen(kraft));
    assert_string_equal(compartment_globs(&c.libraries[3], own)[0], "newlib");
    assert_int_equal(compartments_add_sonames(&c, "s", sonames, strlen(sonames), error), 0);
    assert_string_equal(compartment_globs(&c.libraries[3], own)[0], "libc.so*");
    compartments_deinit(&c);
}

/* What is wrong, and the line that says so. */
static void test_errors(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "", "f: it is empty" },
        { "- a\n", "f:1:1: the file is to be a mapping (KEY: VALUE)" },
        { "a: 1\n", "f:1:1: there is no key 'compartments'" },
        { "compartments: x\n", "f:1:15: 'compartments' is to be a list" },
        { "compartments:\n  - x\n", "f:2:5: a compartment is to be a mapping (KEY: VALUE)" },
        { "compartments:\n  - default: true\n", "f:2:5: the compartment has no 'name'" },
        { "compartments:\n  - name: \"a\\n\"\n", "f:2:11: the name of a compartment has "
                                                 "a character in it that cannot be printed" },
        { "compartments:\n  - name: '[process]'\n",
          "f:2:11: [process] is what all compartments have together" },
        { "compartments:\n  - name: a\n  - name: a\n",
          "f:3:11: there is a compartment 'a' already (line 2)" },
        { "compartments:\n  - name: a\n    name: b\n", "f:3:5: the same key as in line 2" },
        { "compartments:\n  - {name: a, default: true}\n  - {name: b, default: true}\n",
          "f:3:12: 'a' (line 2) is the default already" },
        { "compartments:\n  - {name: a, default: 1}\n",
          "f:2:24: 'default' is true or false, not '1'" },
        { "compartments:\n  - {name: a, runtime: owned}\n  - {name: b, runtime: owned}\n",
          "f:3:12: 'a' (line 2) owns the runtime libraries already" },
        { "compartments:\n  - {name: a, runtime: mine}\n",
          "f:2:24: 'runtime' is neutral or owned, not 'mine'" },
        { "compartments:\n  - {name: a, mechanism: {driver: vmept}}\n  - {name: b, mechanism: "
          "intel-pku}\n",
          "f:3:26: the mechanism 'intel-pku' is mixed with 'vmept' (line 2): all "
          "compartments have one" },
        { "compartments:\n  - name: a\nlibraries:\n  x: {compartment: b}\n",
          "f:4:20: there is no compartment 'b'" },
        { "compartments:\n  - name: a\nlibraries:\n  x:\n",
          "f:4:3: the library is in no compartment, and none is the default" },
        { "compartments:\n  - name: a\nlibraries:\n  x: {compartment: a}\n  x: {compartment: a}\n",
          "f:5:3: the same key as in line 4" },
        { "compartments:\n  - {name: a, libraries: [x]}\n  - {name: b, libraries: [x]}\n",
          "f:3:27: the library 'x' is in compartment 'a' already (line 2)" },
        { "compartments:\n  - {name: a, libraries: ['app//']}\n",
          "f:2:27: behind // a component is to be named" },
        { "compartments:\n  - name: a\nlibraries: &x\n  y: {compartment: a, sonames: [*x]}\n",
          "f:4:33: the alias stands for what it is in" },
        { "compartments: &x [*x]\n", "f:1:19: the alias stands for what it is in" },
        { "compartments: &a [ {name: a, x: *a, default: true} ]\n",
          "f:1:33: the alias stands for what it is in" },
        { "compartments: [{name: a}]\nx: &b {y: &c [&d {z: [*c]}]}\n",
          "f:2:23: the alias stands for what it is in" },
        { "&a compartments: &b\n - *a\n - *b\n", "f:3:4: the alias stands for what it is in" },
        { "a: [\n", "f:2:1: no YAML: while parsing a flow node, did not find expected "
                    "node content" },
        { "a: \x01\n", "f: byte 3: no YAML: control characters are not allowed" },
        { "a: 1\n---\nb: 1\n", "f:2:1: a second document, where one is expected" },
    };
    struct compartments c;
    char error[YAMLFILE_ERROR_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        assert_int_equal(parse(&c, cases[i].text, error), -EINVAL);
        assert_string_equal(error, cases[i].error);
        compartments_deinit(&c);
    }
}

static void check_refused(char *text, const char *what)
{
    struct compartments c;
    char error[YAMLFILE_ERROR_MAX];

    assert_int_equal(parse(&c, text, error), -EINVAL);
    if (!strstr(error, what))
        fail_msg("'%s' is not '%s'", error, what);
    compartments_deinit(&c);
    free(text);
}

static char *repeat(const char *text, size_t count)
{
    return PRINTED(({
        for (size_t i = 0; i < count; i++)
            fprintf(file, text, i);
        0;
    }));
}

/* What is too much of something ends before it costs time or memory. */
static void test_hostile(void **state)
{
    (void)state;
    check_refused(repeat("[", 1000000), "f:1:65: too many lists and mappings in each other");
    check_refused(repeat("k%zu: 1\n", 5000), "more than 4096 entries");
    check_refused(repeat("k%zu: &a%zu 1\n", 2000), "too many anchors");
    check_refused(repeat("#", YAMLFILE_SIZE_MAX + 1), "it is larger than 4 MiB");
}

/* Nine aliases of nine of nine ...: small to read, where they are of no interest. */
static void test_bomb(void **state)
{
    struct compartments c;
    char *text = PRINTED(({
        fputs("compartments: [{name: a}]\na0: &a0 x\n", file);
        for (int i = 1; i < 30; i++)
            fprintf(file, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
                    i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        0;
    }));

    (void)state;
    check_parse(&c, text);
    assert_int_equal(c.count, 1);
    compartments_deinit(&c);
    free(text);
}

static void test_globs(void **state)
{
    (void)state;
    assert_true(compartment_glob_matches("libssl.so*", "libssl.so.3", "", ""));
    assert_true(compartment_glob_matches("libx.so.1", "libx.so.1.2", "libx.so.1", ""));
    assert_true(compartment_glob_matches("[vdso]", "[vdso]", "", ""));
    assert_true(compartment_glob_matches("app", "app", "", "net/http"));
    assert_true(compartment_glob_matches("app//net/*", "app", "", "net/http"));
    assert_false(compartment_glob_matches("app//net/*", "app", "", ""));
    assert_false(compartment_glob_matches("app//net/*", "ape", "", "net/http"));
    assert_false(compartment_glob_matches("net/*", "app", "", "net/http"));
}

/* By which glob a library is found, in each way. */
static void test_match(void **state)
{
    (void)state;
    static const char *const globs[] = { "libx.so.*", "[l]ibx-1.2.so", "libx-1.2.so",
                                         "libx.so.1//n*" };
    static char name[] = "libx-1.2.so", soname[] = "libx.so.1", component[] = "net";
    static const struct library_names names = { name, soname, component };
    static const size_t found[MATCH_COUNT] = { 3, 2, 0 };
    struct compartments c;

    compartments_init(&c);
    assert_int_equal(compartments_add(&c, "c", false), 0);
    for (size_t i = 0; i < sizeof(globs) / sizeof(*globs); i++)
        assert_int_equal(compartments_add_library(&c, 0, globs[i]), 0);
    for (int by = 0; by < MATCH_COUNT; by++) {
        const struct compartment_library *library =
            compartments_match(&c, &names, (enum compartment_match)by, NULL);
        assert_non_null(library);
        assert_int_equal(library - c.libraries, found[by]);
    }
    compartments_deinit(&c);
}

/* ---- In a run ---- */

struct member_case {
    struct run run;
    struct callers callers;
    struct compartments compartments;
    struct membership membership;
    char error[YAMLFILE_ERROR_MAX];
};

static void begin(struct member_case *c)
{
    static const struct table_options options;
    const struct caller *last;

    memset(c, 0, sizeof(*c));
    sample_run(&c->run, '1');
    c->run.modules[SAMPLE_LIBC].set = c->run.modules[SAMPLE_LD].set = SET_GLIBC;
    assert_int_equal(callers_init(&c->callers, &c->run, &options), 0);
    assert_int_equal(callers_find(&c->callers, c->run.stacks.count - 1, &last), 0);
    compartments_init(&c->compartments);
}

static void end(struct member_case *c)
{
    membership_deinit(&c->membership);
    compartments_deinit(&c->compartments);
    callers_deinit(&c->callers);
    run_deinit(&c->run);
}

static int join(struct member_case *c)
{
    int error = 0;

    if (c->compartments.owned && c->compartments.owner == COMPARTMENT_NONE)
        error = membership_choose_owner(&c->compartments, &c->callers, c->error);
    return error ? error : membership_init(&c->membership, &c->compartments, &c->callers, c->error);
}

/* The calls of a compartment, or of one of MEMBER_. */
static uint64_t calls_of(const struct member_case *c, uint32_t compartment)
{
    uint64_t calls = 0;

    for (size_t i = 0; i < c->run.count_count; i++)
        if (membership_of_stack(&c->membership, c->run.counts[i].stack) == compartment)
            calls += c->run.counts[i].calls;
    return calls;
}

static void begin_with(struct member_case *c, const char *text)
{
    begin(c);
    check_parse(&c->compartments, text);
    if (join(c))
        fail_msg("%s", c->error);
}

/* Of the sample: 10 writes by liba and 3 by app through libc, exit_group by app through libc, 2 by
 * the loader, one whose caller is unknown, the first execve. */
static void test_neutral(void **state)
{
    struct member_case c;

    (void)state;
    begin_with(&c,
               "compartments: [{name: app, default: true}, {name: a, libraries: [liba.so.1]}]\n");
    assert_int_equal(calls_of(&c, 0), 4);
    assert_int_equal(calls_of(&c, 1), 10);
    assert_int_equal(calls_of(&c, MEMBER_LOADER), 2);
    assert_int_equal(calls_of(&c, MEMBER_UNKNOWN), 1);
    assert_int_equal(calls_of(&c, MEMBER_START), 1);
    end(&c);
}

/* The owner has all that the C library and the loader issue, whoever asked: nothing is unknown
 * then. */
static void test_owned(void **state)
{
    struct member_case c;

    (void)state;
    begin_with(&c, "compartments: [{name: app, default: true}, {name: c, runtime: owned}]\n");
    assert_int_equal(calls_of(&c, 0), 0);
    assert_int_equal(calls_of(&c, 1), 17);
    assert_int_equal(calls_of(&c, MEMBER_START), 1);
    end(&c);
}

/* Who owns them, where it is not said: who has the C library, or one more. */
static void test_owner(void **state)
{
    struct member_case c;

    (void)state;
    begin_with(&c, "compartments: [{name: app, default: true}, {name: c, libraries: "
                   "['libc.*']}]\nruntime: owned\n");
    assert_int_equal(c.compartments.owner, 1);
    assert_int_equal(calls_of(&c, 1), 17);
    end(&c);
    begin_with(&c, "compartments: [{name: app, default: true}]\nruntime: owned\n");
    assert_int_equal(c.compartments.count, 2);
    assert_string_equal(c.compartments.all[1].name, "runtime");
    assert_int_equal(calls_of(&c, 1), 17);
    end(&c);
}

static void test_named_loader(void **state)
{
    struct member_case c;

    (void)state;
    begin_with(&c, "compartments: [{name: app, default: true}, {name: l, libraries: ['ld-*']}]\n");
    assert_int_equal(calls_of(&c, 1), 2);
    assert_int_equal(calls_of(&c, MEMBER_LOADER), 0);
    end(&c);
}

static void test_wrong_members(void **state)
{
    struct member_case c;

    (void)state;
    begin(&c);
    check_parse(&c.compartments,
                "compartments:\n - {name: x, libraries: ['liba*'], default: true}\n - {name: y, "
                "libraries: [liba.so.1]}\n");
    assert_int_equal(join(&c), -EINVAL);
    assert_string_equal(c.error,
                        "f:3:26: liba.so.1.2 is in two compartments: 'x' by 'liba*' (line 2) "
                        "and 'y' by 'liba.so.1'");
    end(&c);
    begin(&c);
    check_parse(&c.compartments, "compartments:\n - {name: x, libraries: ['lib*']}\n");
    assert_int_equal(join(&c), -EINVAL);
    assert_string_equal(
        c.error, "f:2:2: app is in no compartment, and none is the default ('default: true')");
    end(&c);
}

/* There are no two of the name of the one that is made. */
static void test_owner_by_name(void **state)
{
    struct member_case c;

    (void)state;
    begin(&c);
    check_parse(&c.compartments, "compartments:\n - {name: runtime, default: true}\n");
    c.compartments.owned = true;
    assert_int_equal(join(&c), -EINVAL);
    assert_string_equal(c.error, "f:2:11: 'runtime' is the compartment that is to own the runtime "
                                 "libraries: give this one another name, or say 'runtime: owned' "
                                 "of one");
    end(&c);
    begin_with(&c, "compartments: [{name: runtime, runtime: owned, default: true}]\n");
    assert_int_equal(c.compartments.count, 1);
    end(&c);
}

static const char *said;

static void say(const char *line)
{
    said = strdup(line);
}

static void test_unused(void **state)
{
    struct member_case c;

    (void)state;
    begin_with(&c, "compartments: [{name: x, default: true, libraries: [app, gone, 'no*']}]\n");
    assert_int_equal(membership_check(&c.membership, say), 0);
    assert_string_equal(said, "no library of the runs is gone, no*");
    free((char *)said);
    end(&c);
}

static void test_auto(void **state)
{
    struct member_case c;
    char *globs[] = { (char *)"liba*", NULL };
    struct library_group group = { "mine", globs };
    const struct library_groups none = { 0 }, one = { .groups = &group, .count = 1 };

    (void)state;
    begin(&c);
    assert_int_equal(membership_declare(&c.compartments, &c.callers, &none, false, c.error), 0);
    assert_int_equal(join(&c), 0);
    assert_int_equal(calls_of(&c, (uint32_t)compartments_find(&c.compartments, "app")), 4);
    assert_int_equal(calls_of(&c, (uint32_t)compartments_find(&c.compartments, "liba.so.1.2")), 10);
    assert_int_equal(
        calls_of(&c, (uint32_t)compartments_find(&c.compartments, "ld-linux-x86-64.so.2")), 2);
    end(&c);
    begin(&c);
    assert_int_equal(membership_declare(&c.compartments, &c.callers, &one, true, c.error), 0);
    assert_int_equal(join(&c), 0);
    assert_int_equal(c.compartments.count, 2);
    assert_int_equal(calls_of(&c, 0), 10);
    assert_int_equal(calls_of(&c, 1), 4);
    end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kraft),         cmocka_unit_test(test_errors),
        cmocka_unit_test(test_hostile),       cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_globs),         cmocka_unit_test(test_match),
        cmocka_unit_test(test_neutral),       cmocka_unit_test(test_owned),
        cmocka_unit_test(test_owner),         cmocka_unit_test(test_named_loader),
        cmocka_unit_test(test_wrong_members), cmocka_unit_test(test_unused),
        cmocka_unit_test(test_auto),          cmocka_unit_test(test_owner_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
