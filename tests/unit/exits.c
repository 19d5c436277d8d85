/* exits.c - how the functions of fixtures/leaves.S leave: their jumps, read from the file. */
#include "leaves.h"

#include "record/fnv.h"
#include "symbolizer/unwind/exits.h"

static const struct {
    int number;
    uint32_t count;
    int target; /* of the first: the number of a function; 0: not looked at */
    bool slot, framed, computed, unknown;
} cases[] = {
    { ONLY_RETURNS, 0, 0, false, false, false, false },
    { TO_SIBLING, 1, FAR_TARGET, false, false, false, false },
    { TO_IMPORT, 1, 0, true, false, false, false },
    { TO_STUB, 1, 0, false, false, false, false },
    { COMPUTED, 0, 0, false, false, true, false },
    { BY_TABLE, 0, 0, false, false, false, false },
    { FRAMED, 1, FAR_BRANCH_TARGET, false, true, false, false },
    { RUNS_ON, 1, TARGET, false, true, false, false },
    { TARGET, 0, 0, false, false, false, false },
    { INTO_INSTRUCTION, 0, 0, false, false, false, true },
    { TWO_WAYS, 2, TARGET, false, false, false, false },
    { OVERWRITES, 0, 0, false, false, false, true },
    { TO_ITSELF, 0, 0, false, false, false, false },
    { TAKES_ADDRESS, 0, 0, false, false, false, false },
    { TO_OWN_START, 0, 0, false, false, false, false },
    { BY_SHORT_JUMP, 1, NEAR_TARGET, false, false, false, false },
};

static void test_exits(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        uint64_t start = start_of(cases[i].number);
        const struct exits *exits = exits_find(&leaves.images, leaves.image, start + 1);
        assert_non_null(exits);
        if (exits->start != start || exits->count != cases[i].count ||
            exits->computed != cases[i].computed || exits->unknown != cases[i].unknown)
            fail_msg("%d: %u exits, %d %d", cases[i].number, exits->count, exits->computed,
                     exits->unknown);
        if (exits->count &&
            (exits->all[0].slot != cases[i].slot || exits->all[0].framed != cases[i].framed ||
             (cases[i].target && exits->all[0].target != start_of(cases[i].target))))
            fail_msg("%d: to %#lx, %d %d", cases[i].number, exits->all[0].target,
                     exits->all[0].slot, exits->all[0].framed);
    }
    assert_int_equal(exits_find(&leaves.images, leaves.image, start_of(TWO_WAYS))->all[1].target,
                     start_of(ONLY_RETURNS));
}

/* What was found is kept, and is of the whole function wherever in it one asks. */
static void test_kept(void **state)
{
    uint64_t start = start_of(FRAMED);
    const struct exits *exits = exits_find(&leaves.images, leaves.image, start);
    uint64_t held = leaves.images.held;

    (void)state;
    assert_ptr_equal(exits_find(&leaves.images, leaves.image, exits->end - 1), exits);
    assert_int_equal(leaves.images.held, held);
    assert_null(exits_find(&leaves.images, leaves.image, 0));
}

static void test_hash(void **state)
{
    uint64_t start = start_of(TWO_WAYS), offset = 0;
    uint8_t code[64];
    const struct exits *exits = exits_find(&leaves.images, leaves.image, start);
    size_t size = exits->end - exits->start;

    (void)state;
    assert_in_range(size, 1, sizeof(code));
    assert_true(image_offset(leaves.image, start, &offset));
    assert_true(image_bytes(leaves.image, offset, code, size));
    assert_int_equal(fnv_bytes(code, size), exits->hash);
    for (size_t i = 0; i < size; i++) {
        code[i] ^= 1;
        assert_int_not_equal(fnv_bytes(code, size), exits->hash);
        code[i] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exits),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_hash),
    };
    return cmocka_run_group_tests(tests, load_leaves, forget_leaves);
}
