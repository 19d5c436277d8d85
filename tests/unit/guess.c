/* guess.c - the caller of code without unwind information: by its instructions, by the frame
 * pointer. */
#include "onepage.h"

#include "symbolizer/unwind/guess.h"
#include "symbolizer/unwind/site.h"

enum { SITE = CODE + 0x200, RETURN = CODE + 0x105, OTHER = CODE + 0x305 };

static const uint8_t pops[] = {
    0x48, 0x83, 0xc4, 0x10, 0x5b, 0xc3
};                                               /* add $16,%sp; pop %rbx; ret */
static const uint8_t leaves[] = { 0xc9, 0xc3 };  /* leave; ret */
static const uint8_t unknown[] = { 0x0f, 0x0b }; /* ud2 */

static void set_code(const uint8_t *bytes, size_t size)
{
    memset(f.code, 0, sizeof(f.code));
    memcpy(f.code + (SITE - CODE), bytes, size);
}

/* A step from the code at SITE; where it led is in f.at. */
static enum step guess(struct row *row)
{
    struct site *site = site_find(f.unwinder.space, &f.target, SITE);

    assert_non_null(site);
    assert_null(site->image);
    f.at.ip = SITE;
    guess_begin(&f.unwinder);
    return guess_step(&f.unwinder, site, &f.at, row);
}

static void test_guesses(void **state)
{
    static const struct {
        const char *what;
        const uint8_t *code;
        size_t size;
        int fp; /* how many words beyond sp it points to; 0: it is 0 */
        struct {
            int at; /* words beyond sp */
            uint64_t word;
        } stack[3];
        int sp; /* words by which the caller's sp is further out; 0: not found */
        uint64_t ip;
        enum row_kind kind;
    } cases[] = {
        { "by its return", pops, sizeof(pops), 0, { { 3, RETURN } }, 4, RETURN, ROW_CFA_SP },
        { "the nearest of two",
          pops,
          sizeof(pops),
          0,
          { { 3, RETURN }, { 4, OTHER } },
          4,
          RETURN,
          ROW_CFA_SP },
        { "not nearer than its return",
          pops,
          sizeof(pops),
          0,
          { { 1, OTHER }, { 3, RETURN } },
          4,
          RETURN,
          ROW_CFA_SP },
        { "with arguments behind it",
          pops,
          sizeof(pops),
          0,
          { { 3, 7 }, { 5, RETURN } },
          6,
          RETURN,
          ROW_CFA_SP },
        { "no return address", pops, sizeof(pops), 0, { { 3, 7 } }, 0, 0, ROW_CFA_SP },
        { "by fp",
          unknown,
          sizeof(unknown),
          4,
          { { 4, STACK + 100 }, { 5, RETURN } },
          6,
          RETURN,
          ROW_CFA_FP },
        { "fp before all else",
          pops,
          sizeof(pops),
          4,
          { { 3, OTHER }, { 4, STACK + 100 }, { 5, RETURN } },
          6,
          RETURN,
          ROW_CFA_FP },
        { "fp to no return address",
          pops,
          sizeof(pops),
          6,
          { { 3, RETURN }, { 7, 7 } },
          4,
          RETURN,
          ROW_CFA_SP },
        { "leave, with fp astray",
          leaves,
          sizeof(leaves),
          -1,
          { { 0, RETURN } },
          0,
          0,
          ROW_CFA_SP },
        { "code that is not understood",
          unknown,
          sizeof(unknown),
          0,
          { { 0, RETURN } },
          0,
          0,
          ROW_CFA_SP },
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct row row;

        if (i) {
            tear_down(state);
            assert_int_equal(set_up(state), 0);
        }
        set_code(cases[i].code, cases[i].size);
        f.at.fp = cases[i].fp ? SP + 8 * (uint64_t)(int64_t)cases[i].fp : 0;
        for (size_t word = 0; word < LENGTH(cases[i].stack) && cases[i].stack[word].word; word++)
            f.stack[(SP - STACK) / 8 + cases[i].stack[word].at] = cases[i].stack[word].word;
        enum step step = guess(&row);
        if (step != (cases[i].sp ? STEP_OUT : STEP_UNKNOWN))
            fail_msg("%s: %d", cases[i].what, (int)step);
        if (step == STEP_OUT && (f.at.ip != cases[i].ip || row.kind != cases[i].kind ||
                                 f.at.sp != SP + 8 * (uint64_t)cases[i].sp))
            fail_msg("%s: to %#lx, sp %#lx, %d", cases[i].what, (unsigned long)f.at.ip,
                     (unsigned long)f.at.sp, (int)row.kind);
        assert_int_equal(f.unwinder.inexact, step == STEP_OUT);
        assert_int_equal(f.at.lost, step == STEP_OUT);
    }
}

/* What it rests on is noted, but the return address itself: that decides which caller it is. */
static void test_noted(void **state)
{
    struct row row;
    bool code = false;

    (void)state;
    set_code(pops, sizeof(pops));
    f.at.fp = 0;
    f.stack[4] = RETURN;
    assert_int_equal(guess(&row), STEP_OUT);
    for (size_t i = 0; i < f.unwinder.sight_count; i++) {
        const struct memo_sight *s = &f.unwinder.sights[i];
        code |= s->place == SIGHT_MEMORY && s->at <= SITE && SITE + 8 < s->at + 8 * s->count;
        assert_true(s->place == SIGHT_MEMORY || s->word != RETURN);
    }
    assert_true(code);
}

/* Code made at run time is another the next time. */
static void test_other_code(void **state)
{
    static const uint8_t shorter[] = { 0x5b, 0xc3 }; /* pop %rbx; ret */
    struct row row;

    (void)state;
    set_code(pops, sizeof(pops));
    f.at.fp = 0;
    f.stack[4] = RETURN;
    f.stack[2] = OTHER;
    assert_int_equal(guess(&row), STEP_OUT);
    assert_int_equal(f.at.ip, RETURN);
    f.at = (struct position){ .sp = SP, .fp_known = true };
    set_code(shorter, sizeof(shorter));
    assert_int_equal(guess(&row), STEP_OUT);
    assert_int_equal(f.at.ip, OTHER);
}

/* A walk may not look for ever: what it has not looked at is not remembered either. */
static void test_budget(void **state)
{
    struct site *site = site_find(f.unwinder.space, &f.target, SITE);
    struct row row;

    (void)state;
    set_code(pops, sizeof(pops));
    f.stack[4] = RETURN;
    f.at.fp = 0;
    f.at.ip = SITE;
    guess_begin(&f.unwinder);
    f.unwinder.searches = 0;
    assert_int_equal(guess_step(&f.unwinder, site, &f.at, &row), STEP_UNKNOWN);
    assert_false(f.unwinder.settled);
    f.unwinder.settled = true;
    guess_begin(&f.unwinder);
    assert_int_equal(guess_step(&f.unwinder, site, &f.at, &row), STEP_OUT);
    assert_true(f.unwinder.settled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_guesses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_noted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_budget, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
