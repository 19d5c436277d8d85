/* glob.c - where a name ends and what comes behind it begins; any name as a glob of itself alone.
 */
#include "test.h"

#include "report/glob.h"

static void test_colon(void **state)
{
    (void)state;
    static const struct {
        const char *text, *behind; /* NULL: there is no colon */
    } cases[] = {
        { "a:b", "b" },
        { "a", NULL },
        { "a::b:c", "c" },
        { "f(a:b):c", "c" },
        { "f[abi:cxx11]:c", "c" },
        { "operator[](a:b):c", "c" },
        { "operator[]", NULL },
        { "a[:]b:c", "c" },
        { "a[[]b:c", "c" },
        { "a[(][<]b:c", "c" },
        { "a[]:]b:c", "c" },
        { "a[!]:]b:c", "c" },
        { "a[!", NULL },
        { "a[", NULL },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *colon = glob_colon(cases[i].text);
        if (!cases[i].behind)
            assert_null(colon);
        else
            assert_string_equal(colon ? colon + 1 : "none", cases[i].behind);
    }
}

static void test_quote(void **state)
{
    (void)state;
    static const char *const names[] = { "liba.so.1", "[unknown]", "a*b",     "a?b",     "a[x]b",
                                         "a:b",       "a::b",      "f(a<b",   "a]b",     "a\\x0ab",
                                         "!^",        "",          "a[:x:]b", "[[.a.]]", ")>]" };

    for (size_t i = 0; i < LENGTH(names); i++) {
        char *glob = glob_quote(names[i]), text[64];
        assert_non_null(glob);
        for (size_t j = 0; j < LENGTH(names); j++)
            assert_int_equal(glob_matches(glob, names[j]), i == j);
        assert_false(glob_matches(glob, "axb"));
        snprintf(text, sizeof(text), "%s:read", glob);
        assert_string_equal(glob_colon(text), ":read");
        free(glob);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_colon),
        cmocka_unit_test(test_quote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
