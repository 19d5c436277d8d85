/* rules.c - files of rules: what they may say, what is wrong with others and where, and what they
 * let pass. */
#include "test.h"

#include <errno.h>
#include <sys/syscall.h>

#include "compartments/rules.h"

#define HEAD "format: systrace-lib-rules/1\n"

static const char whole[] =
    HEAD "# a comment\n"
         "default-action: {errno: EACCES}\n"
         "unknown-action: deny\n"
         "compartments:\n"
         "  - name: parser\n"
         "    libraries: [\"libxml*\", '[anon]']\n"
         "    action: kill\n"
         "    allow: [read, \"i386:open\"]\n"
         "    phases:\n"
         "      load: [openat]\n"
         "      serving: []\n"
         "  - name: rest\n"
         "    default: true\n"
         "    runtime: owned\n"
         "    allow:\n"
         "    - write\n"
         "  - name: nothing\n"
         "    libraries: [libxml2.so.2, libxml2.so.?, libnothing.so, app//net/*]\n";

static void parse(const char *text, struct rules *ret)
{
    char error[YAMLFILE_ERROR_MAX] = "";

    if (rules_parse(ret, "f", text, strlen(text), error))
        fail_msg("%s", error);
}

static const struct rules_compartment *naming(const struct rules *rules, const char *name,
                                              const char *component)
{
    struct library_names names = { (char *)name, (char *)"", (char *)component };

    return rules_naming(rules, &names);
}

static void test_whole(void **state)
{
    struct rules rules;
    (void)state;

    parse(whole, &rules);
    assert_int_equal(rules.compartments.count, 3);
    assert_true(rules.deny_unknown);
    assert_int_equal(rules.action.error, EACCES);
    const struct rules_compartment *parser = &rules.all[0], *rest = parser + 1;
    assert_int_equal(parser->action.kind, RULES_KILL);
    assert_int_equal(rest->action.error, EACCES);
    assert_ptr_equal(naming(&rules, "libxml2.so.3", ""), parser);   /* the first of two globs */
    assert_ptr_equal(naming(&rules, "libxml2.so.2", ""), rest + 1); /* by its whole name */
    assert_ptr_equal(naming(&rules, "[anon]", ""), parser);
    assert_ptr_equal(naming(&rules, "libnothing.so", ""), rest + 1);
    assert_null(naming(&rules, "libother.so", ""));
    assert_ptr_equal(naming(&rules, "app", "net/http"), rest + 1);
    assert_null(naming(&rules, "app", "main"));
    assert_ptr_equal(naming(&rules, "libxml.so", "c:x"), parser); /* all its components */
    assert_ptr_equal(rules_default(&rules), rest);
    assert_ptr_equal(rules_runtime(&rules), rest);
    assert_true(rules_allow(parser, "main", ABI_X86_64, SYS_read));
    assert_true(rules_allow(parser, "load", ABI_X86_64, SYS_read));
    assert_true(rules_allow(parser, "load", ABI_X86_64, SYS_openat));
    assert_false(rules_allow(parser, "main", ABI_X86_64, SYS_openat));
    assert_false(rules_allow(parser, "serving", ABI_X86_64, SYS_openat));
    assert_true(rules_allow(parser, "main", ABI_I386, 5));
    assert_false(rules_allow(parser, "main", ABI_X86_64, SYS_open));
    assert_false(rules_allow(parser, "main", ABI_I386, 3));
    assert_false(rules_allow(rest + 1, "main", ABI_X86_64, SYS_read));
    assert_false(rules_allow(rest + 1, "main", ABI_X86_64, 100000));
    rules_deinit(&rules);
}

static void test_least(void **state)
{
    struct rules rules;
    (void)state;

    parse(HEAD "compartments: []", &rules);
    assert_int_equal(rules.compartments.count, 0);
    assert_false(rules.deny_unknown);
    assert_int_equal(rules.action.kind, RULES_ERRNO);
    assert_int_equal(rules.action.error, EPERM);
    assert_null(rules_default(&rules));
    assert_null(rules_runtime(&rules));
    rules_deinit(&rules);
}

/* A library whose file's name is not printable is named as tables have it. */
static void test_escaped(void **state)
{
    struct rules rules;
    (void)state;

    parse(HEAD "compartments:\n"
               "  - {name: 'a\\\\b', libraries: ['a\\\\b', 'c\\x0a*']}\n",
          &rules);
    assert_string_equal(rules.all[0].name, "a\\\\b");
    assert_ptr_equal(naming(&rules, "a\\\\b", ""), &rules.all[0]);
    assert_ptr_equal(naming(&rules, "c\\x0ad", ""), &rules.all[0]);
    assert_null(naming(&rules, "a\\b", ""));
    rules_deinit(&rules);
}

#define C HEAD "compartments:\n"

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "", "f: it is empty" },
        { "# nothing\n", "f: it is empty" },
        { "a", "f:1:1: the file is to be a mapping" },
        { "- a", "f:1:1: the file is to be a mapping" },
        { "format: systrace-lib-rules/2\ncompartments: []", "f:1:9: 'format' is not" },
        { "compartments: []", "f:1:1: 'format' is not" },
        { "format: [systrace-lib-rules/1]", "f:1:9: 'format' is not" },
        { HEAD, "f:1:1: there is no key 'compartments'" },
        { HEAD "compartments: x", "f:2:15: 'compartments' is to be a list" },
        { HEAD "compartment: []", "f:2:1: the file has no 'compartment'" },
        { HEAD "format: x\n", "f:2:1: the same key as in line 1" },
        { HEAD "libraries: {}\ncompartments: []", "f:2:1: the file has no 'libraries'" },
        { HEAD "default-action: deny\ncompartments: []",
          "f:2:17: 'default-action' is log, kill or" },
        { HEAD "default-action: [{errno: E}]\ncompartments: []",
          "f:2:17: 'default-action' is log, kill or" },
        { HEAD "default-action: {errno: E}\ncompartments: []", "f:2:25: 'errno' is no name" },
        { HEAD "default-action: {errno: [E]}\ncompartments: []", "f:2:25: 'errno' is to be a" },
        { HEAD "default-action: {errno: EIO, log: 1}\ncompartments: []",
          "f:2:17: 'default-action'" },
        { HEAD "unknown-action: kill\ncompartments: []", "f:2:17: 'unknown-action' is log or" },
        { C "- x", "f:3:3: a compartment is to be a mapping" },
        { C "- {}", "f:3:3: the compartment has no 'name'" },
        { C "- name: ''", "f:3:9: the name of a compartment is to be a text" },
        { C "- name: {}", "f:3:9: the name of a compartment is to be a text" },
        { C "- {name: a, alow: [read]}", "f:3:13: a compartment has no 'alow'" },
        { C "- {name: a, mechanism: x}", "f:3:13: a compartment has no 'mechanism'" },
        { C "- name: a\n- name: b\n- name: a", "f:5:9: there is a compartment 'a' already" },
        { C "- {name: a, default: true}\n- {name: b, default: true}",
          "f:4:10: 'a' (line 3) is the default" },
        { C "- {name: a, default: yes}", "f:3:22: 'default' is true or false" },
        { C "- {name: a, runtime: owned}\n- {name: b, runtime: owned}",
          "f:4:10: 'a' (line 3) owns the" },
        { C "- {name: a, runtime: mine}", "f:3:22: 'runtime' is neutral or owned" },
        { C "- {name: a, libraries: b}", "f:3:24: 'libraries' of a compartment is to be a list" },
        { C "- {name: a, libraries: [b, '']}", "f:3:28: the name of a library is to be a text" },
        { C "- {name: a, libraries: [app//]}", "f:3:25: behind // a component" },
        { C "- {name: a, libraries: [[b]]}", "f:3:25: the name of a library is to be a text" },
        { C "- {name: a, libraries: [b]}\n- {name: c, libraries: [b]}",
          "f:4:25: the library 'b' is in compartment 'a' already (line 3)" },
        { C "- {name: a, allow: read}", "f:3:20: 'allow' is to be a list" },
        { C "- {name: a, allow: [read, reed]}", "f:3:27: there is no system call 'reed'" },
        { C "- {name: a, allow: [i386:reed]}", "f:3:21: there is no system call 'i386:reed'" },
        { C "- {name: a, phases: [load]}", "f:3:21: 'phases' is to be a mapping" },
        { C "- {name: a, phases: {load: read}}", "f:3:28: the calls of a phase is to be a list" },
        { C "- {name: a, phases: {'': [read]}}", "f:3:22: a phase is to be a text" },
        { C "- {name: a, phases: {[a]: [read]}}", "f:3:22: a phase is to be a text" },
        { C "- {name: a, phases: {b: [], b: []}}", "f:3:29: the same key as in line 3" },
        { C "- &x {name: a}\n- *x", "f:3:3: anchors, aliases and tags" },
        { C "- *x", "f:3:3: anchors, aliases and tags" },
        { C "- !!map {name: a}", "f:3:3: anchors, aliases and tags" },
        { HEAD "compartments: []\n---\nx", "f:3:1: a second document" },
        { HEAD "compartments: [", "f:3:1: no YAML" },
        { HEAD "\tcompartments: []", "f:2:1: no YAML" },
        { "\x80", "f: byte 0: no YAML: invalid leading UTF-8 octet" },
        { "\"a\\0\": 1\n" HEAD "compartments: []", "f:1:1: the file has no 'a'" },
        { HEAD "\"a\\nb\\e[m\": 1\n", "f:2:1: the file has no 'a\\x0ab\\x1b[m'" },
        { HEAD "compartments: []\n" HEAD, "f:3:1: the same key as in line 1" },
        { C "- {name: \"a\\nb\"}", "f:3:10: the name of a compartment has a character in it" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char error[YAMLFILE_ERROR_MAX] = "";
        struct rules rules;
        assert_int_equal(rules_parse(&rules, "f", cases[i].text, strlen(cases[i].text), error),
                         -EINVAL);
        if (strncmp(error, cases[i].error, strlen(cases[i].error)) != 0)
            fail_msg("%s: %s, not %s", cases[i].text, error, cases[i].error);
    }
}

/* A text of many. */
static void repeat(const char *begin, const char *row, size_t count, const char *error)
{
    char *text = NULL, message[YAMLFILE_ERROR_MAX] = "";
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct rules rules;

    fputs(begin, file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, row, i);
    fclose(file);
    assert_int_equal(rules_parse(&rules, "f", text, size, message), -EINVAL);
    if (!strstr(message, error))
        fail_msg("%s, not %s", message, error);
    free(text);
}

static void test_huge(void **state)
{
    (void)state;
    repeat(HEAD, "a%zu: 1\n", 100000, "more than 4096 entries");
    repeat(C, "- name: a%zu\n", 100000, "more than 4096 compartments");
    repeat(HEAD, "# %0100zu\n", 100000, "larger than 4 MiB");
    repeat(HEAD "a: ", "[ # %zu\n", 100000, "too many lists and mappings in each other");
}

static void test_files(void **state)
{
    (void)state;
    char error[YAMLFILE_ERROR_MAX] = "";
    struct rules rules;

    assert_int_equal(rules_read(&rules, "/nonexistent", error), -ENOENT);
    assert_string_equal(error, "/nonexistent: No such file or directory");
    assert_int_equal(rules_read(&rules, "/", error), -EISDIR);
    assert_int_equal(rules_read(&rules, "/dev/zero", error), -EFBIG); /* and it ends */
    assert_string_equal(error, "/dev/zero: it is larger than 4 MiB, which no such file needs");
    assert_int_equal(rules_read(&rules, "/dev/null", error), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole), cmocka_unit_test(test_least), cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_huge),  cmocka_unit_test(test_files), cmocka_unit_test(test_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
