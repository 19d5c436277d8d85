/* escape.c - names as text and back: all bytes, valid and broken UTF-8, wrong escapes. */
#include "test.h"

#include <errno.h>
#include "record/escape.h"

static void check(const char *raw, const char *text)
{
    char *escaped = escape(raw), *back;

    assert_non_null(escaped);
    assert_string_equal(escaped, text);
    assert_int_equal(unescape(text, &back), 0);
    assert_string_equal(back, raw);
    free(escaped);
    free(back);
}

static void test_known_texts(void **state)
{
    (void)state;
    check("", "");
    check("libsqlite3.so.0.8.6", "libsqlite3.so.0.8.6");
    check("a\\b", "a\\\\b");
    check("\\x41", "\\\\x41");
    check("line\nbreak\ttab\x1b[31m\x7f", "line\\x0abreak\\x09tab\\x1b[31m\\x7f");
    check("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    check("caf\xe9", "caf\\xe9");
    check("\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0"); /* C1 and NBSP */
    check("\xc0\xaf", "\\xc0\\xaf");                                   /* overlong */
    check("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");                          /* overlong */
    check("\xed\xa0\x80", "\\xed\\xa0\\x80");                          /* a surrogate */
    check("\xf4\x8f\xbf\xbf\xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf\\xf4\\x90\\x80\\x80");
    check("\xe2\x82", "\\xe2\\x82"); /* cut off */
    check("\xf0\x9f\x98", "\\xf0\\x9f\\x98");
    check("\xff\xfe", "\\xff\\xfe");
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return true;
}

static void check_round_trip(const char *raw)
{
    char *text = escape(raw), *back;

    assert_non_null(text);
    assert_true(is_printable(text));
    assert_true(escape_is_printable(text));
    if (!strchr(raw, '\\'))
        assert_int_equal(escape_is_printable(raw), !strcmp(raw, text));
    assert_int_equal(unescape(text, &back), 0);
    assert_string_equal(back, raw);
    free(text);
    free(back);
}

/* Every string of up to two bytes, and every byte behind the start of longer characters. */
static void test_all_bytes(void **state)
{
    (void)state;
    for (int first = 1; first < 256; first++)
        for (int second = 0; second < 256; second++) {
            const char pair[] = { (char)first, (char)second, '\0' };
            const char behind[] = { (char)0xe2, (char)first, (char)second, '\0' };
            const char before[] = { (char)0xf0, (char)0x9f, (char)first, (char)second, '\0' };
            check_round_trip(pair);
            check_round_trip(behind);
            check_round_trip(before);
        }
}

static void test_refuses_wrong_escapes(void **state)
{
    static const char *const wrong[] = { "\\",    "a\\",    "\\n",    "\\x",   "\\x4",
                                         "\\xg0", "\\x0",   "\\x4G",  "\\X41", "\\x00",
                                         "\\xAB", "\\\\\\", "\\u0041" };
    (void)state;
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        char *raw = NULL;
        assert_int_equal(unescape(wrong[i], &raw), -EINVAL);
        assert_null(raw);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_texts),
        cmocka_unit_test(test_all_bytes),
        cmocka_unit_test(test_refuses_wrong_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
