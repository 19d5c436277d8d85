/* rules.c - files of rules: what they may say, what is wrong with others and where, and what they
 * let pass. */
#include "test.h"

#include <errno.h>
#include <sys/syscall.h>

#include "report/rules.h"

#define HEAD "format: systrace-lib-rules/1\n"

static const char whole[] = HEAD "# a comment\n"
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
                                 "    libraries: [libxml2.so.2, libnothing.so]\n";

static void parse(const char *text, struct rules *ret)
{
    char error[RULES_ERROR_MAX] = "";

    if (rules_parse(ret, text, strlen(text), error))
        fail_msg("%s", error);
}

static void test_whole(void **state)
{
    struct rules rules;
    (void)state;

    parse(whole, &rules);
    assert_int_equal(rules.count, 3);
    assert_true(rules.deny_unknown && rules.runtime_owned);
    assert_int_equal(rules.action.error, EACCES);
    const struct rules_compartment *parser = &rules.compartments[0], *rest = parser + 1;
    assert_int_equal(parser->action.kind, RULES_KILL);
    assert_int_equal(rest->action.error, EACCES);
    assert_ptr_equal(rules_naming(&rules, "libxml2.so.2"), parser); /* the first of two */
    assert_ptr_equal(rules_naming(&rules, "[anon]"), parser);
    assert_ptr_equal(rules_naming(&rules, "libnothing.so"), rest + 1);
    assert_null(rules_naming(&rules, "libother.so"));
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
    assert_int_equal(rules.count, 0);
    assert_false(rules.deny_unknown || rules.runtime_owned);
    assert_int_equal(rules.action.kind, RULES_ERRNO);
    assert_int_equal(rules.action.error, EPERM);
    assert_null(rules_default(&rules));
    assert_null(rules_runtime(&rules));
    rules_deinit(&rules);
}

#define C HEAD "compartments:\n"

static void test_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "", "1:1: there is nothing in it" },
        { "# nothing\n", "2:1: there is nothing in it" },
        { "a", "1:1: the file is no map" },
        { "- a", "1:1: the file is no map" },
        { "format: systrace-lib-rules/2\ncompartments: []", "1:9: 'format' is not" },
        { "compartments: []", "1:1: 'format' is not" },
        { "format: [systrace-lib-rules/1]", "1:9: 'format' is not" },
        { HEAD, "1:1: there are no 'compartments'" },
        { HEAD "compartments: x", "2:15: 'compartments' is no list" },
        { HEAD "compartment: []", "2:1: the file has no 'compartment'" },
        { HEAD "format: x\n", "2:1: 'format' is there twice" },
        { HEAD "default-action: deny\ncompartments: []", "2:17: 'default-action' is log, kill or" },
        { HEAD "default-action: {errno: E}\ncompartments: []", "2:25: 'errno' is no name" },
        { HEAD "default-action: {errno: [E]}\ncompartments: []", "2:25: 'errno' is no name" },
        { HEAD "default-action: {errno: EIO, log: 1}\ncompartments: []", "2:17: 'default-action'" },
        { HEAD "unknown-action: kill\ncompartments: []", "2:17: 'unknown-action' is log or deny" },
        { C "- x", "3:3: a compartment is no map" },
        { C "- {}", "3:3: a compartment has no 'name'" },
        { C "- name: ''", "3:9: 'name' is empty" },
        { C "- name: {}", "3:9: 'name' is no text" },
        { C "- {name: a, alow: [read]}", "3:13: a compartment has no 'alow'" },
        { C "- name: a\n- name: b\n- name: a", "5:3: there is a compartment 'a' already" },
        { C "- {name: a, default: true}\n- {name: b, default: true}", "4:3: 'a' is the default" },
        { C "- {name: a, default: yes}", "3:22: 'default' is false or true" },
        { C "- {name: a, runtime: owned}\n- {name: b, runtime: owned}", "4:3: 'a' owns the" },
        { C "- {name: a, runtime: mine}", "3:22: 'runtime' is neutral or owned" },
        { C "- {name: a, libraries: b}", "3:24: 'libraries' is no list" },
        { C "- {name: a, libraries: [b, '']}", "3:28: a library is empty" },
        { C "- {name: a, libraries: [app//go:net]}", "3:25: 'app//go:net': components are" },
        { C "- {name: a, libraries: [[b]]}", "3:25: a library is no text" },
        { C "- {name: a, allow: read}", "3:20: 'allow' is no list" },
        { C "- {name: a, allow: [read, reed]}", "3:27: there is no system call 'reed'" },
        { C "- {name: a, allow: [i386:reed]}", "3:21: there is no system call 'i386:reed'" },
        { C "- {name: a, phases: [load]}", "3:21: 'phases' is no map" },
        { C "- {name: a, phases: {load: read}}", "3:28: the calls of a phase is no list" },
        { C "- {name: a, phases: {'': [read]}}", "3:22: a phase is empty" },
        { C "- {name: a, phases: {[a]: [read]}}", "3:22: a key is no text" },
        { C "- &x {name: a}\n- *x", "3:3: anchors, aliases and tags" },
        { C "- *x", "3:3: anchors, aliases and tags" },
        { C "- !!map {name: a}", "3:3: anchors, aliases and tags" },
        { HEAD "a: [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", "2:20: it is nested too deep" },
        { HEAD "compartments: []\n---\nx", "3:1: there is more than one document" },
        { HEAD "compartments: [", "3:1: " },
        { HEAD "\tcompartments: []", "2:1: " },
        { "\x80", "1:1: invalid leading UTF-8 octet" },
        { "a: \"\\0\"", "1:4: a text has a NUL" },
        { "\"a\\nb\": 1\n\"a\\nb\": 2", "2:1: 'a?b' is there twice" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char error[RULES_ERROR_MAX] = "";
        struct rules rules;
        assert_int_equal(rules_parse(&rules, cases[i].text, strlen(cases[i].text), error), -EINVAL);
        if (strncmp(error, cases[i].error, strlen(cases[i].error)) != 0)
            fail_msg("%s: %s, not %s", cases[i].text, error, cases[i].error);
    }
}

/* A text of many. */
static void repeat(const char *begin, const char *row, size_t count, const char *error)
{
    char *text = NULL, message[RULES_ERROR_MAX] = "";
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct rules rules;

    fputs(begin, file);
    for (size_t i = 0; i < count; i++)
        fprintf(file, row, i);
    fclose(file);
    assert_int_equal(rules_parse(&rules, text, size, message), -EINVAL);
    if (!strstr(message, error))
        fail_msg("%s, not %s", message, error);
    free(text);
}

static void test_huge(void **state)
{
    (void)state;
    repeat(HEAD, "a%zu: 1\n", 100000, "more than 4096 keys");
    repeat(C, "- name: a%zu\n", 100000, "more than 1024 compartments");
    repeat(HEAD, "# %0100zu\n", 100000, "more than 4194304 bytes");
    repeat(HEAD "a: ", "[ # %zu\n", 100000, "nested too deep");
}

static void test_files(void **state)
{
    (void)state;
    char error[RULES_ERROR_MAX] = "";
    struct rules rules;

    assert_int_equal(rules_read(&rules, "/nonexistent", error), -ENOENT);
    assert_non_null(strstr(error, "No such file"));
    assert_int_equal(rules_read(&rules, "/", error), -EISDIR);
    assert_int_equal(rules_read(&rules, "/dev/zero", error), -EINVAL); /* and it ends */
    assert_non_null(strstr(error, "more than 4194304 bytes"));
    assert_int_equal(rules_read(&rules, "/dev/null", error), -EINVAL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole), cmocka_unit_test(test_least), cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_huge),  cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
