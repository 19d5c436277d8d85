/* array.c - arrays that grow. */
#include "test.h"

#include "record/array.h"

/* One more each time: all that is there stays. */
static void test_one_by_one(void **state)
{
    uint32_t *array = NULL;
    size_t count = 0, capacity = 0;
    (void)state;

    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(ARRAY_ROOM(array, count, capacity));
        assert_true(capacity > count);
        array[count++] = i;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(array[i], i);
    free(array);
}

/* Just what there is room for, and one more; none at all. */
static void test_several(void **state)
{
    char **array = NULL, **before;
    size_t capacity = 0;
    uint32_t count = 0, none = 0;
    (void)state;

    assert_true(ARRAY_ROOM_FOR(none, array, count, capacity));
    assert_null(array);
    assert_true(ARRAY_ROOM_FOR(100u, array, count, capacity));
    assert_int_equal(capacity, 128);
    count = 100;
    before = array;
    assert_true(ARRAY_ROOM_FOR(28u, array, count, capacity));
    assert_int_equal(capacity, 128);
    assert_ptr_equal(array, before);
    assert_true(ARRAY_ROOM_FOR(29u, array, count, capacity));
    assert_int_equal(capacity, 256);
    free(array);
}

/* More than can be numbered: it stays as it is. */
static void test_too_many(void **state)
{
    char *array = NULL;
    size_t count = 3, capacity = 0;
    (void)state;

    assert_true(ARRAY_ROOM_FOR(3u, array, 0u, capacity));
    memcpy(array, "abc", 3);
    assert_false(ARRAY_ROOM_FOR(UINT32_MAX, array, count, capacity));
    assert_false(ARRAY_ROOM_FOR(SIZE_MAX - 3, array, count, capacity));
    assert_int_equal(capacity, 16);
    assert_memory_equal(array, "abc", 3);
    free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_by_one),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
