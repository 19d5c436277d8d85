/* bisect.c - binary search, against a linear one. */
#include "test.h"

#include "record/bisect.h"

static const unsigned numbers[] = { 2, 3, 3, 3, 5, 8, 8, 9 };

static size_t linear(size_t count, unsigned wanted)
{
    size_t i = 0;

    while (i < count && numbers[i] < wanted)
        i++;
    return i;
}

/* In arrays of all sizes: before the first, each, between them, behind the last. */
static void test_all(void **state)
{
    (void)state;
    for (size_t count = 0; count <= LENGTH(numbers); count++) {
        for (unsigned wanted = 0; wanted <= 10; wanted++) {
            assert_int_equal(BISECT(i, count, numbers[i] < wanted), linear(count, wanted));
            assert_int_equal(BISECT(i, count, numbers[i] <= wanted), linear(count, wanted + 1));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_all) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
