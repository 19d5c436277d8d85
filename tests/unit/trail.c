/* trail.c - the last walks over deep stacks: which of them is found, what of it is kept, and how
 * many there are. */
#include "test.h"

#include "symbolizer/unwind/trail.h"

enum { STEPS = 1000, FRAME = 32 };

/* Steps from the innermost, whose stack pointer is `sp`; so many. */
static const struct trail_step *make_steps(uint64_t sp, uint32_t count)
{
    static struct trail_step steps[TRAILS_STEPS_MAX];

    for (uint32_t i = 0; i < count; i++)
        steps[i] = (struct trail_step){ .ip = 1000 + i, .sp = sp + i * FRAME, .beyond = i };
    return steps;
}

static void store(struct trails *trails, uint64_t sp, uint32_t count)
{
    trails_store(trails, NULL, 0, make_steps(sp, count), count, 1);
}

static void test_find(void **state)
{
    struct trails trails = { 0 };
    (void)state;

    assert_null(trails_find(&trails, 0x10000));
    store(&trails, 0x10000, STEPS);
    store(&trails, 0x90000, STEPS);
    /* Further in than the first 256 frames of one, and of the nearest such. */
    const uint64_t deep = (STEPS - TRAIL_DEPTH_MIN) * FRAME;
    assert_ptr_equal(trails_find(&trails, 0x10000), &trails.all[0]);
    assert_ptr_equal(trails_find(&trails, 0x8000), &trails.all[0]);
    assert_ptr_equal(trails_find(&trails, 0x10000 + deep), &trails.all[0]);
    assert_ptr_equal(trails_find(&trails, 0x10000 + deep + 8), &trails.all[1]);
    assert_null(trails_find(&trails, 0x90000 + deep + 8));

    const struct trail *trail = &trails.all[0];
    assert_int_equal(trail_start(trail), 0x10000);
    assert_int_equal(trail_find(trail, 0x10000), STEPS - 1);
    assert_int_equal(trail_find(trail, 0x10000 + FRAME - 8), STEPS - 1);
    assert_int_equal(trail_find(trail, 0x10000 + FRAME), STEPS - 2);
    assert_int_equal(trail_find(trail, 0xfff8), STEPS);
    assert_int_equal(trail_find(trail, UINT64_MAX), 0);
    trails_deinit(&trails);
}

/* The next walk's inner frames take the place of those that were. */
static void test_goes_on(void **state)
{
    struct trails trails = { 0 };
    (void)state;

    store(&trails, 0x10000, STEPS);
    struct trail *trail = trails_find(&trails, 0x10000);
    uint64_t inner = trail->steps[299].sp;
    trails_store(&trails, trail, 300, make_steps(inner - 10 * FRAME, 10), 10, 2);
    assert_int_equal(trails.count, 1);
    trail = trails_find(&trails, 0x10000);
    assert_int_equal(trail->count, 310);
    assert_int_equal(trail->number, 2);
    for (uint32_t i = 0; i < trail->count; i++)
        assert_int_equal(trail->steps[i].sp, 0x10000 + (STEPS - 1 - i) * FRAME);
    assert_int_equal(trail->steps[309].ip, 1000);
    assert_int_equal(trail->steps[300].ip, 1009);
    assert_int_equal(trail->steps[299].ip, 1700);
    trails_deinit(&trails);
}

/* A step that does not change %rbp rests on it if those beyond do. */
static void test_rests_on_bp(void **state)
{
    struct trail_step steps[TRAIL_DEPTH_MIN];
    struct trails trails = { 0 };
    (void)state;

    memcpy(steps, make_steps(0x10000, TRAIL_DEPTH_MIN), sizeof(steps));
    for (int i = 0; i < TRAIL_DEPTH_MIN; i++)
        steps[i].fp = (uint64_t)i; /* of no account where nothing rests on it */
    steps[10].fp_offset = -16;     /* reads the caller's */
    steps[20].rests_on_fp = true;
    trails_store(&trails, NULL, 0, steps, TRAIL_DEPTH_MIN, 1);
    for (int i = 0; i < TRAIL_DEPTH_MIN; i++) {
        const struct trail_step *step = &trails.all->steps[TRAIL_DEPTH_MIN - 1 - i];
        assert_int_equal(step->rests_on_fp, i > 10 && i <= 20);
        if (step->rests_on_fp)
            assert_int_equal(step->fp, 20);
    }
    trails_deinit(&trails);
}

/* Two trails do not lie in one place, and those that were not used make room. */
static void test_limits(void **state)
{
    struct trails trails = { 0 };
    (void)state;

    store(&trails, 0x10000, STEPS);
    store(&trails, 0x10000 + 8, STEPS);
    assert_int_equal(trails.count, 1);
    assert_int_equal(trail_start(trails.all), 0x10008);
    for (uint64_t i = 0; i < 2 * TRAILS_MAX; i++) {
        store(&trails, 0x100000 * (i + 1), STEPS);
        assert_non_null(trails_find(&trails, 0x100000)); /* is used */
    }
    assert_int_equal(trails.count, TRAILS_MAX);
    assert_int_equal(trail_start(trails_find(&trails, 0x100000)), 0x100000);
    assert_int_not_equal(trail_start(trails_find(&trails, 0x200000)), 0x200000);
    store(&trails, UINT64_C(1) << 40, TRAILS_STEPS_MAX - 2 * STEPS);
    assert_int_equal(trails.count, 3);
    store(&trails, UINT64_C(1) << 41, TRAILS_STEPS_MAX);
    assert_int_equal(trails.count, 1);
    trails_drop(&trails, trails.all);
    assert_null(trails_find(&trails, 0));
    trails_deinit(&trails);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_rests_on_bp),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
