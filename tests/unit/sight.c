/* sight.c - what guesses see of a stack, what of it is noted, and whether it would be the same
 * again. */
#include "onepage.h"

#include "symbolizer/unwind/sight.h"

static uint64_t look(enum sight_place place, uint64_t address)
{
    uint64_t word = 1;
    assert_true(sight_look(&f.unwinder, &f.at, place, address, &word));
    return word;
}

/* A word that is code is seen as it is, any other as none. */
static void test_look(void **state)
{
    static const struct {
        uint64_t word, seen;
    } cases[] = {
        { CODE, CODE },
        { CODE + CODE_SIZE - 1, CODE + CODE_SIZE - 1 },
        { CODE + CODE_SIZE, CODE + CODE_SIZE }, /* a return address may be behind the last call */
        { CODE + CODE_SIZE + 1, 0 },
        { CODE - 1, 0 },
        { STACK, 0 },
        { 0, 0 },
        { UINT64_MAX, 0 },
    };
    uint64_t word;

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        f.stack[3] = cases[i].word;
        f.unwinder.elsewhere.size = 0; /* another walk */
        assert_int_equal(look(SIGHT_FROM_SP, STACK + 24), cases[i].seen);
    }
    assert_false(sight_look(&f.unwinder, &f.at, SIGHT_FROM_SP, CODE - 64, &word)); /* no memory */
}

static void check_sight(size_t i, enum sight_place place, uint32_t count, uint64_t at,
                        uint64_t word)
{
    const struct memo_sight *s = &f.unwinder.sights[i];

    if (s->place != place || s->count != count || s->at != at || s->word != word)
        fail_msg("sight %zu: %d, %u words at %#lx: %#lx", i, (int)s->place, s->count,
                 (unsigned long)s->at, (unsigned long)s->word);
}

/* By its distance from the frame; words of no code that follow each other are one. */
static void test_notes(void **state)
{
    (void)state;
    f.stack[4] = CODE + 16;
    for (uint64_t i = 1; i < 7; i++)
        look(SIGHT_FROM_SP, STACK + 8 * i);
    look(SIGHT_FROM_FP, BP + 8);
    look(SIGHT_FROM_FP, BP + 24); /* not the next one */
    assert_int_equal(f.unwinder.sight_count, 5);
    check_sight(0, SIGHT_FROM_SP, 3, 0, 0);
    check_sight(1, SIGHT_FROM_SP, 1, 24, CODE + 16);
    check_sight(2, SIGHT_FROM_SP, 2, 32, 0);
    check_sight(3, SIGHT_FROM_FP, 1, 8, 0);
    check_sight(4, SIGHT_FROM_FP, 1, 24, 0);
    /* No sight of one step grows by those of the next. */
    f.unwinder.step_sights = 5;
    look(SIGHT_FROM_FP, BP + 32);
    assert_int_equal(f.unwinder.sight_count, 6);
}

/* Where nothing is settled any more nothing is noted; and too much is not settled. */
static void test_settled(void **state)
{
    uint64_t word;

    (void)state;
    f.unwinder.settled = false;
    look(SIGHT_FROM_SP, SP);
    sight_note_memory(&f.unwinder, CODE, 1);
    assert_int_equal(f.unwinder.sight_count, 0);

    f.unwinder.settled = true;
    f.unwinder.looks = 1;
    look(SIGHT_FROM_SP, SP);
    assert_true(f.unwinder.settled);
    assert_false(sight_look(&f.unwinder, &f.at, SIGHT_FROM_SP, SP, &word));
    assert_false(f.unwinder.settled);

    f.unwinder.settled = true;
    f.unwinder.looks = 1000 + MEMO_SIGHTS_MAX;
    f.stack[2] = CODE;
    for (int i = 0; i < MEMO_SIGHTS_MAX + 1; i++)
        look(SIGHT_FROM_SP, STACK + 16);
    assert_int_equal(f.unwinder.sight_count, MEMO_SIGHTS_MAX);
    assert_false(f.unwinder.settled);
}

static void test_fp(void **state)
{
    static const struct {
        struct position at;
        enum memo_fp is;
    } cases[] = {
        { { .sp = SP, .fp = BP }, FP_UNKNOWN },
        { { .sp = SP, .fp = 0, .fp_known = true }, FP_ZERO },
        { { .sp = SP, .fp = SP, .fp_known = true }, FP_AT_FRAME },
        { { .sp = SP, .fp = SP + (1 << 20), .fp_known = true }, FP_AT_FRAME },
        { { .sp = SP, .fp = SP + (1 << 20) + 8, .fp_known = true }, FP_ASTRAY },
        { { .sp = SP, .fp = SP - 8, .fp_known = true }, FP_ASTRAY },
        { { .sp = SP, .fp = SP + 4, .fp_known = true }, FP_ASTRAY },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++)
        assert_int_equal(sight_fp(&cases[i].at), cases[i].is);
}

/* The return address that was found decides by itself; all else of the step stays. */
static void test_forget(void **state)
{
    (void)state;
    f.stack[1] = f.stack[2] = f.stack[8] = CODE + 8;
    look(SIGHT_FROM_SP, STACK + 16); /* of a former step */
    look(SIGHT_FROM_SP, STACK + 16);
    look(SIGHT_FROM_SP, STACK + 8);
    look(SIGHT_FROM_FP, BP);
    look(SIGHT_FROM_SP, STACK + 24);
    sight_note_memory(&f.unwinder, STACK + 16, 1);
    sight_forget(&f.unwinder, 1, &f.at, STACK + 16);
    assert_int_equal(f.unwinder.sight_count, 5);
    check_sight(1, SIGHT_FROM_SP, 1, 0, CODE + 8);
    sight_forget(&f.unwinder, 1, &f.at, BP);
    assert_int_equal(f.unwinder.sight_count, 4);
    assert_int_equal(f.unwinder.sights[3].place, SIGHT_MEMORY);
}

/* A guess that saw no code at two words, code at the next, and four words of code itself. */
static bool is_same(void)
{
    struct memo memo = { .sights = f.unwinder.sights };
    const struct memo_node node = { .guessed = true,
                                    .fp = FP_AT_FRAME,
                                    .sights = 0,
                                    .sight_count = (uint32_t)f.unwinder.sight_count };

    return sight_same(&f.unwinder, &memo, &node, &f.at);
}

static void test_same(void **state)
{
    (void)state;
    f.stack[3] = CODE + 8;
    for (uint64_t i = 1; i < 4; i++)
        look(SIGHT_FROM_SP, STACK + 8 * i);
    sight_note_memory(&f.unwinder, CODE + 32, 4);
    assert_true(is_same());

    f.stack[1] = 7; /* still none */
    assert_true(is_same());
    f.stack[2] = CODE;
    assert_false(is_same());
    f.stack[2] = 0;
    f.stack[3] = CODE + 9;
    assert_false(is_same());
    f.stack[3] = CODE + 8;
    f.code[31] = f.code[64] = 1; /* beside what was seen */
    assert_true(is_same());
    f.code[63] = 1;
    assert_false(is_same());
    f.code[63] = 0;
    f.at.fp_known = false;
    assert_false(is_same());
    f.at.fp_known = true;
    f.at.sp += 8; /* another frame */
    assert_false(is_same());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_notes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_settled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fp, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_forget, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
