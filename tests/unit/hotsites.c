/* hotsites.c - the same call of an image, wherever that is mapped. */
#include "test.h"
#include "tracer/hotsites.h"

static struct site at(uintptr_t image, uint64_t bias, uint64_t vaddr)
{
    return (struct site){ .address = bias + vaddr, .bias = bias, .image = (struct image *)image };
}

static void test_has(void **state)
{
    const struct site here = at(0x1000, 0x400000, 0x10), there = at(0x1000, 0x700000, 0x10);
    const struct site beside = at(0x1000, 0x400000, 0x12), other = at(0x2000, 0x400000, 0x10);
    struct hotsites h = { 0 };

    (void)state;
    assert_false(hotsites_has(&h, &here));
    hotsites_add(&h, &here);
    hotsites_add(&h, &there);
    assert_int_equal(h.count, 1);
    assert_true(hotsites_has(&h, &here) && hotsites_has(&h, &there));
    assert_false(hotsites_has(&h, &beside) || hotsites_has(&h, &other));
    for (uint64_t i = 0; i < 1000; i++) {
        const struct site many = at(0x3000, 0, i);
        hotsites_add(&h, &many);
        assert_true(hotsites_has(&h, &many));
    }
    assert_true(hotsites_has(&h, &there));
    hotsites_deinit(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_has) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
