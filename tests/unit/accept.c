/* accept.c - files of what is accepted: what a line may be, what it matches, what is written. */
#include "test.h"

#include <errno.h>
#include "report/accept.h"

static void parse(struct accepts *accepts, const char *text)
{
    char error[ACCEPT_ERROR_MAX] = "";

    if (accepts_parse(accepts, text, strlen(text), 2, error))
        fail_msg("%s: %s", text, error);
}

static const char *reason(struct accepts *accepts, const char *library, const char *syscall)
{
    const struct accept_entry *entry =
        accepts_find(accepts, (const char *const[]){ library, syscall });
    return entry ? entry->reason : NULL;
}

static void test_lines(void **state)
{
    struct accepts accepts;
    (void)state;

    parse(&accepts, "# a comment\n"
                    "\n"
                    "  \t\r\n"
                    "liba.so.1 write # it logs\n"
                    "\tlibb.*\t read*  ## why # not \r\n"
                    "lib#c close#x #y");
    assert_int_equal(accepts.count, 3);
    assert_string_equal(reason(&accepts, "liba.so.1", "write"), "it logs");
    assert_null(reason(&accepts, "liba.so.1", "writev"));
    assert_null(reason(&accepts, "liba.so.11", "write"));
    assert_string_equal(reason(&accepts, "libb.so.2", "readv"), "why # not");
    assert_string_equal(reason(&accepts, "lib#c", "close#x"), "y");
    assert_int_equal(accepts.entries[1].line, 5);
    accepts_deinit(&accepts);
    parse(&accepts, "");
    assert_int_equal(accepts.count, 0);
    assert_null(reason(&accepts, "", ""));
    accepts_deinit(&accepts);
}

/* All that accept it are of use; the first says why. */
static void test_used(void **state)
{
    struct accepts accepts;
    (void)state;

    parse(&accepts, "a b # 1\n* * # 2\nc d # 3\n");
    assert_string_equal(reason(&accepts, "a", "b"), "1");
    assert_true(accepts.entries[0].used);
    assert_true(accepts.entries[1].used);
    assert_false(accepts.entries[2].used);
    accepts_deinit(&accepts);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *error;
    } mistakes[] = {
        { "a b # x\na # y\n", "line 2: it has 1 pattern, but there are 2 keys (--by)" },
        { "a b c # y", "line 1: it has 3 patterns, but there are 2 keys (--by)" },
        { "\n\na b\n", "line 3: say why it is accepted, behind a '#'" },
        { "a b # \t#\n", "line 1: say why it is accepted, behind a '#'" },
        { "a b\\", "line 1: say why it is accepted, behind a '#'" },
        { "a\\ b # x", "line 1: it has 1 pattern, but there are 2 keys (--by)" },
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(mistakes); i++) {
        struct accepts accepts;
        char error[ACCEPT_ERROR_MAX] = "";
        int result = accepts_parse(&accepts, mistakes[i].text, strlen(mistakes[i].text), 2, error);
        accepts_deinit(&accepts);
        assert_int_equal(result, -EINVAL);
        assert_string_equal(error, mistakes[i].error);
    }
}

static void test_nul(void **state)
{
    struct accepts accepts;
    char error[ACCEPT_ERROR_MAX];
    (void)state;

    assert_int_equal(accepts_parse(&accepts, "a b # x\na\0b", 11, 2, error), -EINVAL);
    assert_string_equal(error, "line 2: it has a NUL byte: this is no text");
    accepts_deinit(&accepts);
}

/* What is written accepts just what it was written for. */
static void test_round_trip(void **state)
{
    static const char *const names[] = { "",
                                         "\"\"",
                                         "a b",
                                         "#a",
                                         "a*",
                                         "[ab]?",
                                         "x\\x0ay\\\\",
                                         "\"",
                                         "\\",
                                         "lib\xe2\x80\xae.so",
                                         "foo(int, char*)" };
    (void)state;

    for (size_t i = 0; i < LENGTH(names); i++) {
        const char *const texts[] = { names[i], "open" };
        char *text = NULL;
        size_t size;
        struct accepts accepts;
        FILE *file = open_memstream(&text, &size);

        accept_print(file, texts, 2, "why");
        fclose(file);
        parse(&accepts, text);
        for (size_t j = 0; j < LENGTH(names); j++) {
            const char *found = reason(&accepts, names[j], "open");
            if (!found != (i != j))
                fail_msg("'%s' and '%s'", text, names[j]);
        }
        accepts_deinit(&accepts);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),      cmocka_unit_test(test_used),
        cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_nul),
        cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
