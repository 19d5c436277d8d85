/* memo.c - the trie of known stacks, against a list of all that were added. */
#include "test.h"

#include "symbolizer/unwind/memo.h"

static struct memo_node frame(uint64_t address)
{
    return (struct memo_node){ .address = address,
                               .row = { .kind = ROW_CFA_SP, .cfa_offset = (int32_t)address } };
}

/* The stack with these addresses, MEMO_NONE if there is none. */
static uint32_t find(const struct memo *memo, uint32_t root, const struct memo_node *path,
                     uint32_t depth)
{
    uint32_t node = root;

    for (uint32_t i = 0; i < depth; i++) {
        node = memo_find(memo, node, path[i].address);
        if (node == MEMO_NONE)
            return MEMO_NONE;
        assert_int_equal(memo->nodes[node].row.cfa_offset, (int32_t)path[i].address);
    }
    return memo->nodes[node].stack;
}

static void test_branches(void **state)
{
    const struct memo_node one[] = { frame(1), frame(2), frame(3) };
    const struct memo_node two[] = { frame(1), frame(2), frame(4), frame(3) };
    const struct memo_node three[] = { frame(1), frame(3), frame(3) };
    struct memo memo = { 0 };

    (void)state;
    assert_int_equal(memo_find(&memo, MEMO_ROOT, 1), MEMO_NONE);
    memo_add(&memo, MEMO_ROOT, one, 3, NULL, 10);
    memo_add(&memo, MEMO_ROOT, two, 4, NULL, 20);
    memo_add(&memo, MEMO_ROOT, three, 3, NULL, 30);
    memo_add(&memo, MEMO_ROOT + 1, one, 3, NULL, 40);
    assert_int_equal(find(&memo, MEMO_ROOT, one, 3), 10);
    assert_int_equal(find(&memo, MEMO_ROOT, two, 4), 20);
    assert_int_equal(find(&memo, MEMO_ROOT, three, 3), 30);
    assert_int_equal(find(&memo, MEMO_ROOT + 1, one, 3), 40);
    assert_int_equal(find(&memo, MEMO_ROOT, one, 2), MEMO_NONE);     /* goes on */
    assert_int_equal(find(&memo, MEMO_ROOT + 1, two, 4), MEMO_NONE); /* of the other root only */
    assert_int_equal(memo.count, 3 + 2 + 2 + 3);
    memo_deinit(&memo);
    assert_int_equal(memo_find(&memo, MEMO_ROOT, 1), MEMO_NONE);
}

/* What ends at an address goes on no further, and what goes on does not end there. */
static void test_ends(void **state)
{
    const struct memo_node path[] = { frame(1), frame(2), frame(3) };
    struct memo memo = { 0 };

    (void)state;
    memo_add(&memo, MEMO_ROOT, path, 2, NULL, 10);
    memo_add(&memo, MEMO_ROOT, path, 3, NULL, 20);
    assert_int_equal(find(&memo, MEMO_ROOT, path, 2), 10);
    assert_int_equal(find(&memo, MEMO_ROOT, path, 3), MEMO_NONE);
    memo_add(&memo, MEMO_ROOT, path, 1, NULL, 30);
    assert_int_equal(find(&memo, MEMO_ROOT, path, 1), MEMO_NONE);
    memo_deinit(&memo);
}

static void test_random(void **state)
{
    enum { STACKS = 20000, DEPTH = 12 };
    static struct memo_node stacks[STACKS][DEPTH];
    struct memo memo = { 0 };

    (void)state;
    srandom(1);
    for (uint32_t i = 0; i < STACKS; i++) {
        for (int f = 0; f < DEPTH; f++)
            stacks[i][f] = frame((uint64_t)random() % 4);
        uint32_t known = find(&memo, MEMO_ROOT, stacks[i], DEPTH);
        if (known == MEMO_NONE)
            memo_add(&memo, MEMO_ROOT, stacks[i], DEPTH, NULL, i);
        else
            assert_memory_equal(stacks[i], stacks[known], sizeof(stacks[i]));
    }
    for (uint32_t i = 0; i < STACKS; i++) {
        uint32_t known = find(&memo, MEMO_ROOT, stacks[i], DEPTH);
        assert_in_range(known, 0, i);
        assert_memory_equal(stacks[i], stacks[known], sizeof(stacks[i]));
    }
    memo_deinit(&memo);
}

/* Ever new stacks do not make it grow for ever. */
static void test_bound(void **state)
{
    static struct memo_node path[MEMO_DEPTH_MAX];
    struct memo memo = { 0 };

    (void)state;
    for (uint32_t i = 0; i < 1000; i++) {
        for (uint32_t f = 0; f < MEMO_DEPTH_MAX; f++)
            path[f] = frame((uint64_t)i + f);
        memo_add(&memo, MEMO_ROOT, path, MEMO_DEPTH_MAX, NULL, i);
        assert_int_equal(find(&memo, MEMO_ROOT, path, MEMO_DEPTH_MAX), i);
        assert_in_range(memo.count, MEMO_DEPTH_MAX, MEMO_NODES_MAX);
        assert_in_range(memo.capacity, memo.count, MEMO_NODES_MAX);
    }
    memo_deinit(&memo);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_branches),
                                        cmocka_unit_test(test_ends), cmocka_unit_test(test_random),
                                        cmocka_unit_test(test_bound) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
