/* rulesmerge.c - files of rules as one: the same in any order, and where one comes twice; and what
 * they contradict each other in. */
#include "test.h"

#include <errno.h>
#include "compartments/rulesetformats.h"
#include "compartments/rulesmerge.h"

#define HEAD "format: systrace-lib-rules/1\n"

static const char one[] = HEAD "compartments:\n"
                               "  - name: rest\n"
                               "    default: true\n"
                               "    allow: [read, write, \"i386:open\"]\n"
                               "  - name: tls\n"
                               "    libraries: [\"libssl.so*\", \"app//crypto/*\"]\n"
                               "    allow: [getrandom]\n"
                               "    phases: {main: [futex], load: [mmap]}\n";
static const char two[] = HEAD "compartments:\n"
                               "  - name: tls\n"
                               "    libraries: [\"libcrypto.so*\", \"libssl.so*\"]\n"
                               "    allow: [getpid]\n"
                               "    phases: {load: [mprotect, mmap], exit: []}\n"
                               "  - name: rest\n"
                               "    allow: [close]\n"
                               "  - name: gone\n"
                               "    libraries: [libgone.so]\n";
static const char three[] = HEAD "compartments:\n"
                                 "  - {name: net, libraries: [libnet.so], allow: [socket]}\n"
                                 "  - {name: rest, default: true, allow: [read]}\n";
static const char one_and_two[] = "format: systrace-lib-rules/1\n"
                                  "default-action: {errno: EPERM}\n"
                                  "unknown-action: log\n"
                                  "compartments:\n"
                                  "\n"
                                  "  - name: \"gone\"\n"
                                  "    libraries: [\"libgone.so\"]\n"
                                  "    allow: []\n"
                                  "\n"
                                  "  - name: \"rest\"\n"
                                  "    default: true\n"
                                  "    allow:\n"
                                  "      - read\n"
                                  "      - write\n"
                                  "      - close\n"
                                  "      - i386:open\n"
                                  "\n"
                                  "  - name: \"tls\"\n"
                                  "    libraries: [\"app//crypto/*\", \"libcrypto.so*\", "
                                  "\"libssl.so*\"]\n"
                                  "    allow:\n"
                                  "      - getpid\n"
                                  "      - getrandom\n"
                                  "    phases:\n"
                                  "      \"exit\": []\n"
                                  "      \"load\":\n"
                                  "        - mmap\n"
                                  "        - mprotect\n"
                                  "      \"main\":\n"
                                  "        - futex\n";

/* What comes of these texts, up to a NULL; or the message, behind "!". To be freed. */
static char *merge(const char *const *texts)
{
    static const char *const names[] = { "a", "b", "c", "d" };
    char error[YAMLFILE_ERROR_MAX] = "", *text;
    struct rules files[LENGTH(names)], merged;
    size_t count = 0, size;
    FILE *file = open_memstream(&text, &size);

    for (; texts[count]; count++)
        if (rules_parse(&files[count], names[count], texts[count], strlen(texts[count]), error))
            fail_msg("%s", error);
    int result = rules_merge(&merged, files, count, error);
    if (result) {
        assert_int_equal(result, -EINVAL);
        fprintf(file, "!%s", error);
    } else {
        rulesetyaml_print_rules(file, &merged);
        rules_deinit(&merged);
    }
    fclose(file);
    for (size_t i = 0; i < count; i++)
        rules_deinit(&files[i]);
    return text;
}

#define MERGE(...) merge((const char *const[]){ __VA_ARGS__, NULL })

static void check_same(char *got, char *wanted)
{
    assert_string_equal(got, wanted);
    free(got);
    free(wanted);
}

static void test_union(void **state)
{
    (void)state;
    char *text = MERGE(one, two);
    assert_string_equal(strchr(text, '\n') + 1, one_and_two);
    free(text);
}

static void test_laws(void **state)
{
    (void)state;
    check_same(MERGE(one, two), MERGE(two, one));
    check_same(MERGE(one, two, three), MERGE(three, two, one));
    check_same(MERGE(one, one), MERGE(one));
    check_same(MERGE(one, two, one), MERGE(one, two));
    char *both = MERGE(one, two), *last = MERGE(two, three);
    check_same(MERGE(both, three), MERGE(one, last)); /* what was merged is a file of rules, too */
    check_same(MERGE(both), strdup(both));
    check_same(MERGE(both, one), strdup(both));
    free(both);
    free(last);
}

#define C HEAD "compartments:\n"

static void test_contradictions(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *error;
    } cases[] = {
        { C "- name: x", HEAD "default-action: log\ncompartments: [{name: x}]",
          "!b:2:17: 'default-action' is log, and EPERM in a" },
        { HEAD "unknown-action: deny\ncompartments: []", HEAD "compartments: []",
          "!b:1:1: 'unknown-action' is not as in a" },
        { C "- {name: x, runtime: owned}", C "- {name: x}", "!b:3:1: 'runtime' is not as in a" },
        { C "- {name: x}", C "- {name: y}\n- {name: x, runtime: owned}",
          "!b:4:10: 'runtime' is not as in a" },
        { C "- {name: x}", C "- {name: y}\n- {name: x, action: kill}",
          "!b:4:10: 'action' of 'x' is kill, and EPERM in another file" },
        { C "- {name: x, default: true}", C "- {name: x}\n- {name: y, default: true}",
          "!b:4:10: 'y' is the default, and 'x' in another file" },
        { C "- {name: x, libraries: [liba.so]}",
          C "- name: y\n  libraries:\n  - libb.so\n  - liba.so",
          "!b:6:5: 'liba.so' of 'y' may be of 'x' too, by 'liba.so'" },
        { C "- {name: x, libraries: ['lib*.so']}", C "- {name: y, libraries: ['libssl*']}",
          "!b:3:25: 'libssl*' of 'y' may be of 'x' too, by 'lib*.so'" },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        char *text = MERGE(cases[i].a, cases[i].b);
        assert_string_equal(text, cases[i].error);
        free(text);
        text = MERGE(cases[i].b, cases[i].a);
        assert_int_equal(*text, '!');
        assert_non_null(strstr(text, "!b:"));
        free(text);
    }
}

static void test_globs(void **state)
{
    (void)state;
    static const struct {
        const char *one, *other;
        bool meet;
    } cases[] = {
        { "libssl.so.3", "libssl.so.3", true },
        { "libssl.so.3", "libssl.so.1", false },
        { "libssl*", "libcrypto*", false },
        { "lib*", "*.so", true },
        { "a*b", "b*a", false },
        { "a*b*", "ab", true },
        { "a?c", "abc", true },
        { "a?c", "ac", false },
        { "a[xy]c", "azc", true },
        { "a[!]]c", "b*", false },
        { "[anon]", "[vdso]", false },
        { "[anon]", "[a*", true },
        { "*", "", true },
        { "app//net", "app*", false },
        { "app//net/*", "a*//net/http", true },
        { "app//net/*", "app//os*", false },
        { "*a*a*a*a*a*a*b", "aaaaaaaaaaaa", false },
    };

    for (size_t i = 0; i < LENGTH(cases); i++)
        if (compartment_globs_meet(cases[i].one, cases[i].other) != cases[i].meet ||
            compartment_globs_meet(cases[i].other, cases[i].one) != cases[i].meet)
            fail_msg("%s and %s", cases[i].one, cases[i].other);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_union),
        cmocka_unit_test(test_laws),
        cmocka_unit_test(test_contradictions),
        cmocka_unit_test(test_globs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
