/* stack.c - interning: equal stacks are one object, all others are not. */
#include "test.h"

#include "record/stack.h"

/* Those without frames are there from the beginning. */
enum { FIRST = STACK_ENDS };

static void check_frames(const struct stacks *stacks, uint32_t number, const struct frame *frames,
                         uint32_t depth)
{
    struct frame *found = calloc(depth + 1, sizeof(*found));

    assert_int_equal(stacks->stacks[number].depth, depth);
    stacks_frames(stacks, number, found);
    assert_memory_equal(found, frames, depth * sizeof(*found));
    free(found);
}

static void test_equal_stacks_are_one(void **state)
{
    const struct frame frames[] = { { 3, 0, 100 }, { 4, FRAME_ENTRY, 200 } };
    struct frame copy[2];
    struct stacks stacks;
    (void)state;

    memcpy(copy, frames, sizeof(frames));
    assert_int_equal(stacks_init(&stacks), 0);
    assert_int_equal(stacks_intern(&stacks, frames, 2, STACK_COMPLETE), FIRST + 1);
    assert_int_equal(stacks_intern(&stacks, copy, 2, STACK_COMPLETE), FIRST + 1);
    memset(copy, 0, sizeof(copy)); /* the set has its own */
    assert_int_equal(stacks_intern(&stacks, frames, 2, STACK_COMPLETE), FIRST + 1);
    assert_int_equal(stacks.count, FIRST + 2); /* with the one beyond its innermost frame */
    check_frames(&stacks, FIRST + 1, frames, 2);
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

    assert_int_equal(stacks_init(&stacks), 0);
    int64_t numbers[] = {
        stacks_intern(&stacks, base, 2, STACK_COMPLETE),
        stacks_intern(&stacks, base, 2, STACK_CYCLE),
        stacks_intern(&stacks, base, 1, STACK_COMPLETE),
        stacks_intern(&stacks, module, 2, STACK_COMPLETE),
        stacks_intern(&stacks, marks, 2, STACK_COMPLETE),
        stacks_intern(&stacks, offset, 2, STACK_COMPLETE),
        stacks_intern(&stacks, order, 2, STACK_COMPLETE),
        stacks_intern(&stacks, NULL, 0, STACK_MEMORY_DENIED),
    };
    for (size_t i = 0; i < LENGTH(numbers); i++)
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(numbers[i], numbers[j]);
    assert_int_equal(stacks_intern(&stacks, NULL, 0, STACK_MEMORY_DENIED), STACK_MEMORY_DENIED);
    assert_int_equal(stacks_intern(&stacks, base, 2, STACK_COMPLETE), numbers[0]);
    assert_int_equal(stacks.stacks[numbers[1]].end, STACK_CYCLE);
    assert_int_equal(stacks.stacks[numbers[0]].end, STACK_COMPLETE);
    assert_int_equal(stacks.stacks[numbers[4]].marks, FRAME_INEXACT);
    assert_int_equal(stacks.stacks[numbers[0]].marks, 0);
    stacks_deinit(&stacks);
}

static void test_many(void **state)
{
    enum { MANY = 100000 };
    static int64_t numbers[MANY];
    struct stacks stacks;
    (void)state;

    assert_int_equal(stacks_init(&stacks), 0);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            const struct frame frames[] = { { 3, 0, i }, { 4, 0, i / 7 }, { 5, 0, 1 } };
            int64_t number = stacks_intern(&stacks, frames, 3, STACK_COMPLETE);
            assert_true(!round || number == numbers[i]);
            numbers[i] = number;
        }
    assert_int_equal(stacks.count, FIRST + MANY + (MANY + 6) / 7 + 1);
    stacks_deinit(&stacks);
}

/* What the levels of a recursion have in common is there once. */
static void test_recursion(void **state)
{
    enum { LEVELS = 1000 };
    static struct frame frames[LEVELS + 1];
    struct stacks stacks;
    (void)state;

    assert_int_equal(stacks_init(&stacks), 0);
    for (uint32_t level = 0; level <= LEVELS; level++)
        frames[level] = (struct frame){ 3, level == LEVELS ? FRAME_ENTRY : 0, 100 };
    for (uint32_t depth = 1; depth <= LEVELS; depth++) {
        frames[LEVELS - depth].offset = 200; /* the call of this level */
        int64_t number = stacks_intern(&stacks, &frames[LEVELS - depth], depth + 1, STACK_COMPLETE);
        check_frames(&stacks, (uint32_t)number, &frames[LEVELS - depth], depth + 1);
        frames[LEVELS - depth].offset = 100;
    }
    assert_int_equal(stacks.count, FIRST + 2 * LEVELS);
    stacks_deinit(&stacks);
}

/* (The bytes that pad it may be any.) */
static void assert_same(const struct stack *a, const struct stack *b)
{
    assert_memory_equal(&a->frame, &b->frame, sizeof(a->frame));
    assert_int_equal(a->outer, b->outer);
    assert_int_equal(a->depth, b->depth);
    assert_int_equal(a->end, b->end);
    assert_int_equal(a->marks, b->marks);
}

/* The order depends on nothing but what the stacks are, and all of each is kept. */
static void test_sorting(void **state)
{
    static const struct frame frames[][3] = {
        { { 3, 0, 5 }, { 5, 0, 100 }, { 4, 0, 1 } }, { { 3, 0, 5 }, { 3, 0, 7 }, { 4, 0, 1 } },
        { { 3, 0, 4 }, { 3, 0, 7 }, { 4, 0, 1 } },   { { 4, 0, 1 }, { 4, 0, 1 }, { 4, 0, 1 } },
        { { 3, 2, 4 }, { 3, 0, 7 }, { 4, 0, 1 } },   { { 9, 0, 9 }, { 9, 0, 9 }, { 3, 0, 0 } },
    };
    static const uint32_t modules[] = { 0, 1, 2, 4, 3, 5, 6, 7, 8, 9 }; /* 3 and 4 swap */
    enum { STACKS = LENGTH(frames) };
    struct stacks forwards, backwards;
    int64_t numbers[STACKS];
    uint32_t *to = calloc(100, sizeof(*to));
    (void)state;

    assert_int_equal(stacks_init(&forwards), 0);
    assert_int_equal(stacks_init(&backwards), 0);
    for (size_t i = 0; i < STACKS; i++) {
        numbers[i] = stacks_intern(&forwards, frames[i], 3, i % 2 ? STACK_CYCLE : STACK_COMPLETE);
        stacks_intern(&backwards, frames[STACKS - 1 - i], 3, i % 2 ? STACK_COMPLETE : STACK_CYCLE);
    }
    assert_int_equal(stacks_sort(&backwards, modules, to), 0);
    assert_int_equal(stacks_sort(&forwards, modules, to), 0);
    assert_int_equal(forwards.count, backwards.count);
    for (uint32_t i = 0; i < forwards.count; i++)
        assert_same(&forwards.stacks[i], &backwards.stacks[i]);
    for (uint32_t i = STACK_ENDS; i < forwards.count; i++)
        assert_true(forwards.stacks[i].outer < i);
    for (size_t i = 0; i < STACKS; i++) {
        struct frame renumbered[3];
        memcpy(renumbered, frames[i], sizeof(renumbered));
        for (int j = 0; j < 3; j++)
            renumbered[j].module = modules[renumbered[j].module];
        check_frames(&forwards, to[numbers[i]], renumbered, 3);
        assert_int_equal(
            stacks_intern(&forwards, renumbered, 3, i % 2 ? STACK_CYCLE : STACK_COMPLETE),
            to[numbers[i]]); /* it is found again */
    }
    free(to);
    stacks_deinit(&forwards);
    stacks_deinit(&backwards);
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
        cmocka_unit_test(test_recursion),
        cmocka_unit_test(test_sorting),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
