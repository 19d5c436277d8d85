/* place.c - the places of a set of stacks. */
#include "test.h"

#include "record/place.h"

/* Of several frames at one place, with other marks or in other stacks, there is one. */
static void test_list(void **state)
{
    static const struct frame frames[][2] = {
        { { 4, 0, 100 }, { 3, 0, 7 } },
        { { 4, FRAME_ENTRY, 100 }, { 3, 0, 6 } },
        { { 3, FRAME_TAIL, 7 }, { 5, 0, UINT64_MAX } },
    };
    static const struct place expected[] = { { 3, 6 }, { 3, 7 }, { 4, 100 }, { 5, UINT64_MAX } };
    struct stacks stacks;
    size_t count = 7;
    (void)state;

    assert_int_equal(stacks_init(&stacks), 0);
    struct place *places = place_list(&stacks, &count);
    assert_non_null(places);
    assert_int_equal(count, 0);
    free(places);
    for (size_t i = 0; i < LENGTH(frames); i++)
        assert_true(stacks_intern(&stacks, frames[i], 2, STACK_COMPLETE) > 0);
    places = place_list(&stacks, &count);
    assert_int_equal(count, LENGTH(expected));
    for (size_t i = 0; i < count; i++)
        assert_int_equal(place_compare(&places[i], &expected[i]), 0);
    free(places);
    stacks_deinit(&stacks);
}

static void test_order(void **state)
{
    static const struct place order[] = {
        { 0, 9 }, { 1, 0 }, { 1, 1 }, { 1, UINT64_MAX }, { 2, 0 }
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(order); i++) {
        for (size_t j = 0; j < LENGTH(order); j++)
            assert_int_equal(place_compare(&order[i], &order[j]), (i > j) - (i < j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
