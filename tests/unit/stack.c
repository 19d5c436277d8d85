/* stack.c - interning: equal stacks are one object, all others are not. */
#include "test.h"

#include "symbolizer/stack.h"

static void test_equal_stacks_are_one(void **state)
{
    const struct frame frames[] = { { 3, 0, 100 }, { 4, FRAME_ENTRY, 200 } };
    struct frame copy[2];
    struct stacks stacks;
    (void)state;

    memcpy(copy, frames, sizeof(frames));
    stacks_init(&stacks);
    assert_int_equal(stacks_intern(&stacks, frames, 2, STACK_COMPLETE), 0);
    assert_int_equal(stacks_intern(&stacks, copy, 2, STACK_COMPLETE), 0);
    memset(copy, 0, sizeof(copy)); /* the set has its own */
    assert_int_equal(stacks_intern(&stacks, frames, 2, STACK_COMPLETE), 0);
    assert_int_equal(stacks.count, 1);
    assert_int_equal(stacks.stacks[0].depth, 2);
    assert_memory_equal(stacks.stacks[0].frames, frames, sizeof(frames));
    stacks_deinit(&stacks);
}

static void test_every_part_tells_apart(void **state)
{
    const struct frame base[] = { { 3, 0, 100 }, { 4, 0, 200 } };
    const struct frame module[] = { { 3, 0, 100 }, { 5, 0, 200 } };
    const struct frame marks[] = { { 3, 0, 100 }, { 4, FRAME_INEXACT, 200 } };
    const struct frame offset[] = { { 3, 0, 100 }, { 4, 0, 201 } };
    const struct frame order[] = { { 4, 0, 200 }, { 3, 0, 100 } };
    struct stacks stacks;
    (void)state;

    stacks_init(&stacks);
    assert_int_equal(stacks_intern(&stacks, base, 2, STACK_COMPLETE), 0);
    assert_int_equal(stacks_intern(&stacks, base, 2, STACK_CYCLE), 1);
    assert_int_equal(stacks_intern(&stacks, base, 1, STACK_COMPLETE), 2);
    assert_int_equal(stacks_intern(&stacks, module, 2, STACK_COMPLETE), 3);
    assert_int_equal(stacks_intern(&stacks, marks, 2, STACK_COMPLETE), 4);
    assert_int_equal(stacks_intern(&stacks, offset, 2, STACK_COMPLETE), 5);
    assert_int_equal(stacks_intern(&stacks, order, 2, STACK_COMPLETE), 6);
    assert_int_equal(stacks_intern(&stacks, NULL, 0, STACK_MEMORY_DENIED), 7);
    assert_int_equal(stacks_intern(&stacks, NULL, 0, STACK_MEMORY_DENIED), 7);
    assert_int_equal(stacks_intern(&stacks, base, 2, STACK_COMPLETE), 0);
    stacks_deinit(&stacks);
}

static void test_many(void **state)
{
    enum { MANY = 100000 };
    struct stacks stacks;
    (void)state;

    stacks_init(&stacks);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            const struct frame frames[] = { { 3, 0, i }, { 4, 0, i / 7 }, { 5, 0, 1 } };
            assert_int_equal(stacks_intern(&stacks, frames, 3, STACK_COMPLETE), i);
        }
    assert_int_equal(stacks.count, MANY);
    stacks_deinit(&stacks);
}

static void test_names(void **state)
{
    (void)state;
    for (int end = 0; end < STACK_ENDS; end++)
        assert_int_equal(stack_end_parse(stack_end_name(end)), end);
    assert_string_equal(stack_end_name(STACK_COMPLETE), "complete");
    assert_string_equal(stack_end_name(STACK_NO_CFI), "no-cfi");
    assert_string_equal(stack_end_name(STACK_UNREADABLE), "stack-unreadable");
    assert_int_equal(stack_end_parse("Complete"), -1);
    assert_int_equal(stack_end_parse(""), -1);

    for (int mark = FRAME_SIGNAL; mark <= FRAME_ENTRY; mark <<= 1)
        assert_int_equal(frame_mark_parse(frame_mark_name(mark)), mark);
    assert_string_equal(frame_mark_name(FRAME_SPAWNED_BY), "spawned-by");
    assert_null(frame_mark_name(FRAME_SIGNAL | FRAME_TAIL));
    assert_null(frame_mark_name(0));
    assert_int_equal(frame_mark_parse("spawned"), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_stacks_are_one),
        cmocka_unit_test(test_every_part_tells_apart),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
