/* slots.c - finds elements of an array by their keys. */
#include "test.h"

#include "record/slots.h"

enum { MANY = 5000 };

static uint32_t find(const struct slots *slots, const uint64_t *keys, uint64_t hash, uint64_t key)
{
    return SLOTS_FIND(i, slots, hash, keys[i] == key);
}

static void test_empty(void **state)
{
    struct slots slots = { 0 };
    (void)state;

    assert_int_equal(find(&slots, NULL, 7, 7), SLOTS_NONE);
    slots_clear(&slots);
    assert_int_equal(find(&slots, NULL, 7, 7), SLOTS_NONE);
    slots_deinit(&slots);
}

/* Each is found while there come ever more, and none that is not there. */
static void test_many(void **state)
{
    struct slots slots = { 0 };
    uint64_t *keys = calloc(MANY, sizeof(*keys));
    (void)state;

    for (uint32_t i = 0; i < MANY; i++) {
        keys[i] = 16 * (uint64_t)i;
        assert_int_equal(find(&slots, keys, slots_mix(0, keys[i]), keys[i]), SLOTS_NONE);
        assert_int_equal(slots_add(&slots, slots_mix(0, keys[i]), i), 0);
        assert_true(2 * slots.count <= slots.size);
        for (uint32_t j = i % 97; j <= i; j += 97)
            assert_int_equal(find(&slots, keys, slots_mix(0, keys[j]), keys[j]), j);
    }
    assert_int_equal(slots.count, MANY);
    slots_clear(&slots);
    assert_int_equal(find(&slots, keys, slots_mix(0, keys[3]), keys[3]), SLOTS_NONE);
    assert_int_equal(slots_add(&slots, slots_mix(0, keys[3]), 3), 0);
    assert_int_equal(find(&slots, keys, slots_mix(0, keys[3]), keys[3]), 3);
    slots_deinit(&slots);
    free(keys);
}

/* With the same hash the keys decide; the last slots lead to the first ones. */
static void test_same_hash(void **state)
{
    static const uint64_t hashes[] = { 0, 62, 63, UINT32_MAX };
    static const uint64_t keys[] = { 10, 11, 12, 13, 14 };
    (void)state;

    for (size_t h = 0; h < LENGTH(hashes); h++) {
        struct slots slots = { 0 };
        for (uint32_t i = 0; i < LENGTH(keys); i++)
            assert_int_equal(slots_add(&slots, hashes[h], i), 0);
        for (uint32_t i = 0; i < LENGTH(keys); i++)
            assert_int_equal(find(&slots, keys, hashes[h], keys[i]), i);
        assert_int_equal(find(&slots, keys, hashes[h], 15), SLOTS_NONE);
        assert_int_equal(find(&slots, keys, hashes[h] + slots.size, keys[0]), SLOTS_NONE);
        slots_deinit(&slots);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_same_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
