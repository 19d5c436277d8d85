/* timestamp.c - points in time as text and back. */
#include "test.h"

#include "record/timestamp.h"

static void test_round_trip(void **state)
{
    static const struct {
        time_t seconds;
        long nanoseconds;
        const char *text;
    } rows[] = {
        { 0, 0, "1970-01-01T00:00:00.000000000Z" },
        { 1769903999, 123456789, "2026-01-31T23:59:59.123456789Z" },
        { 951782400, 1, "2000-02-29T00:00:00.000000001Z" },
        { 4294967296, 999999999, "2106-02-07T06:28:16.999999999Z" },
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct timespec time = { rows[i].seconds, rows[i].nanoseconds }, back;
        char text[TIMESTAMP_SIZE];
        assert_string_equal(timestamp_print(&time, text), rows[i].text);
        assert_true(timestamp_parse(text, &back));
        assert_int_equal(back.tv_sec, time.tv_sec);
        assert_int_equal(back.tv_nsec, time.tv_nsec);
    }
}

static void test_refuses_all_else(void **state)
{
    static const char *const wrong[] = {
        "",
        "now",
        "2026-01-31",
        "2026-01-31T23:59:59Z",
        "2026-01-31T23:59:59.5Z",
        "2026-01-31T23:59:59.123456789",
        "2026-01-31T23:59:59.123456789z",
        "2026-01-31T23:59:59.123456789Z ",
        " 2026-01-31T23:59:59.123456789Z",
        "2026-02-30T23:59:59.123456789Z",
        "2026-01-31T24:59:59.123456789Z",
        "2026-01-31T23:59:59.-12345678Z",
        "2026-01-31T23:59:59.99999999999999999999999Z",
        "26-01-31T23:59:59.123456789Z",
        "2026-1-31T23:59:59.123456789Z",
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        struct timespec time;
        if (timestamp_parse(wrong[i], &time))
            fail_msg("'%s' is accepted", wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refuses_all_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
