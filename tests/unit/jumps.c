/* jumps.c - of the code of fixtures/leaves.S as a whole: who jumps where, and to which imports. */
#include "leaves.h"

#include "symbolizer/image/links.h"
#include "symbolizer/unwind/jumps.h"

static void test_lead_to(void **state)
{
    static const struct {
        int number, led_to;
    } cases[] = {
        { ONLY_RETURNS, 1 }, /* two_ways */
        { TO_SIBLING, 0 },    { FAR_TARGET, 1 },  { FAR_BRANCH_TARGET, 1 },
        { TO_OWN_START, 0 },  { TARGET, 1 },      { TO_ITSELF, 0 },
        { BY_SHORT_JUMP, 0 }, { NEAR_TARGET, 1 }, { COMPUTED, 0 },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        if (jumps_lead_to(leaves.image, start_of(cases[i].number)) != cases[i].led_to)
            fail_msg("%d: not %d", cases[i].number, cases[i].led_to);
    assert_int_equal(jumps_lead_to(leaves.image, start_of(TO_ITSELF) + 5), 1); /* by its loop */
}

/* The import of a name, by the exports of the file: only one of these may leave to each. */
static void test_left(void **state)
{
    const struct links *links = links_find(&leaves.images, leaves.image);
    const struct jumps *jumps = jumps_find(&leaves.images, leaves.image);
    size_t left = 0, taken = 0, neither = 0;

    (void)state;
    assert_non_null(jumps);
    assert_int_equal(links->import_count, 4); /* getpid, getppid, getuid, geteuid */
    for (size_t i = 0; i < links->import_count; i++) {
        bool is_left = jumps->imports[i].left, is_taken = links->imports[i].taken;
        left += is_left;
        taken += is_taken && !is_left;
        neither += !is_taken && !is_left;
    }
    assert_int_equal(left, 2);    /* getppid by its slot, getuid by its stub */
    assert_int_equal(taken, 1);   /* geteuid */
    assert_int_equal(neither, 1); /* getpid, which is called */
    assert_ptr_equal(jumps_find(&leaves.images, leaves.image), jumps);
}

/* Of the sections of stubs, and no function. */
static void test_plt(void **state)
{
    const struct cfi *tables;
    struct fde fde;
    size_t stubs = 0;

    (void)state;
    for (uint64_t at = cfi_next_start(&leaves.image->cfi, 0); at != UINT64_MAX;
         at = cfi_next_start(&leaves.image->cfi, at)) {
        assert_int_equal(image_find_fde(leaves.image, at, &tables, &fde), 0);
        stubs += jumps_is_plt(leaves.image, &fde);
    }
    assert_true(stubs >= 1);
    for (int number = ONLY_RETURNS; number <= TO_OWN_START; number++) {
        assert_int_equal(image_find_fde(leaves.image, start_of(number), &tables, &fde), 0);
        assert_false(jumps_is_plt(leaves.image, &fde));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lead_to),
        cmocka_unit_test(test_left),
        cmocka_unit_test(test_plt),
    };
    return cmocka_run_group_tests(tests, load_leaves, forget_leaves);
}
