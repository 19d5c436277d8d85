/* fnv.c - hashes of bytes, against those that its authors give (draft-eastlake-fnv, appendix C). */
#include "test.h"

#include "record/fnv.h"

static void test_known(void **state)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } cases[] = {
        { "", 0xcbf29ce484222325 },
        { "a", 0xaf63dc4c8601ec8c },
        { "foobar", 0x85944171f73967e8 },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(fnv_bytes((const uint8_t *)cases[i].text, strlen(cases[i].text)),
                         cases[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_known) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
