/* together.c - what is found to go together does, and what is left out does not, whatever goes with
 * what: here a run fails if it is without all of one of some sets of pairs. */
#include "test.h"

#include "probe/taking.h"
#include "probe/together.h"
#include "record/array.h"

enum { PAIRS = 24, SETS = 6, ROUNDS = 300 };

static uint32_t forbidden[SETS]; /* sets of pairs, a bit each; 0: none */
static bool fakes_help;          /* only what is stubbed counts */
static char *running;
static int runs;

static uint32_t bits_of(const char *taken)
{
    uint32_t ret = 0;

    for (size_t i = 0; taken[i]; i++)
        if (taken[i] == 's' || (taken[i] == 'f' && !fakes_help))
            ret |= UINT32_C(1) << i;
    return ret;
}

static bool is_right(uint32_t bits)
{
    for (int i = 0; i < SETS; i++)
        if (forbidden[i] && (bits & forbidden[i]) == forbidden[i])
            return false;
    return true;
}

/* In place of real runs. */
int probing_start(struct probing *probing, const char *taken)
{
    (void)probing;
    running = strdup(taken);
    runs++;
    return 0;
}

int probing_wait(struct probing *probing, enum trial_end *ret)
{
    struct journal *journal = &probing->journal;

    *ret = is_right(bits_of(running)) ? TRIAL_WORKS : TRIAL_FAILS;
    assert_true(ARRAY_ROOM(journal->runs, journal->count, journal->capacity));
    journal->runs[journal->count++] = (struct journal_run){ running, *ret };
    return 0;
}

/* All but the first can be done without, each third one only by faking it. */
static void init(struct probing *probing, long together)
{
    *probing = (struct probing){ .wanted = 1, .together = together };
    for (uint32_t i = 0; i < PAIRS; i++) {
        struct pair *pair = pairs_add(&probing->pairs, "l", ABI_X86_64, i);
        assert_non_null(pair);
        pair->results[WAY_STUB][i % 3 ? TRIAL_WORKS : TRIAL_FAILS] = 1;
        pair->results[WAY_FAKE][i ? TRIAL_WORKS : TRIAL_FAILS] = 1;
    }
    runs = 0;
}

static void deinit(struct probing *probing)
{
    for (size_t i = 0; i < probing->journal.count; i++)
        free(probing->journal.runs[i].taken);
    free(probing->journal.runs);
    pairs_deinit(&probing->pairs);
}

static uint32_t with_share(const struct probing *probing, enum share share)
{
    uint32_t ret = 0;

    for (size_t i = 0; i < PAIRS; i++)
        if (probing->pairs.all[i].share == share)
            ret |= UINT32_C(1) << i;
    return ret;
}

static void check(const struct probing *probing)
{
    uint32_t stubs = with_share(probing, SHARE_STUB), fakes = with_share(probing, SHARE_FAKE);
    uint32_t out = with_share(probing, SHARE_OUT), members = stubs | (fakes_help ? 0 : fakes);

    assert_int_equal(stubs | fakes | out | with_share(probing, SHARE_UNTRIED), (1u << PAIRS) - 2);
    assert_true(is_right(members));
    assert_int_equal(probing->at_once, !out && !with_share(probing, SHARE_UNTRIED) &&
                                           (!fakes_help || is_right(stubs | (fakes & ~0x249249u))));
    for (size_t i = 0; i < PAIRS; i++) {
        const struct pair *pair = &probing->pairs.all[i];
        if (pair->share != SHARE_OUT)
            continue;
        assert_false(is_right(members | UINT32_C(1) << i));
        if (pair->partner == PAIR_NONE)
            continue;
        assert_int_equal(pair->alone, !is_right(UINT32_C(1) << i | UINT32_C(1) << pair->partner));
    }
}

/* Sets of two or three, of what can be done without. */
static void forbid_some(unsigned *seed, int count)
{
    memset(forbidden, 0, sizeof(forbidden));
    for (int i = 0; i < count; i++) {
        while (__builtin_popcount(forbidden[i]) < 2 + i % 2)
            forbidden[i] |= UINT32_C(2) << rand_r(seed) % (PAIRS - 1);
    }
}

static void test_all(void **state)
{
    struct probing probing;
    (void)state;

    memset(forbidden, 0, sizeof(forbidden));
    init(&probing, 100);
    assert_int_equal(together_find(&probing), 0);
    assert_true(probing.at_once);
    assert_int_equal(runs, 1);
    check(&probing);
    deinit(&probing);
}

static void test_some(void **state)
{
    unsigned seed = 1;
    (void)state;

    fakes_help = false;
    for (int i = 0; i < ROUNDS; i++) {
        struct probing probing;
        forbid_some(&seed, 1 + i % SETS);
        init(&probing, 1000);
        assert_int_equal(together_find(&probing), 0);
        assert_false(probing.at_once);
        assert_int_equal(with_share(&probing, SHARE_UNTRIED), 0);
        assert_in_range(runs, 2, 100);
        check(&probing);
        deinit(&probing);
    }
}

/* Of two that cannot both be stubbed the second can be faked. */
static void test_other_way(void **state)
{
    struct probing probing;
    (void)state;

    fakes_help = true;
    memset(forbidden, 0, sizeof(forbidden));
    forbidden[0] = 1u << 4 | 1u << 7;
    init(&probing, 1000);
    assert_int_equal(together_find(&probing), 0);
    assert_false(probing.at_once);
    assert_int_equal(probing.pairs.all[4].share, SHARE_STUB);
    assert_int_equal(probing.pairs.all[7].share, SHARE_FAKE);
    assert_int_equal(with_share(&probing, SHARE_OUT), 0);
    deinit(&probing);
    fakes_help = false;
}

/* However few runs there may be: what is said to go together does. */
static void test_bound(void **state)
{
    unsigned seed = 2;
    (void)state;

    for (int i = 0; i < ROUNDS; i++) {
        struct probing probing;
        forbid_some(&seed, SETS);
        init(&probing, i % 30);
        assert_int_equal(together_find(&probing), 0);
        assert_in_range(runs, 0, i % 30);
        check(&probing);
        deinit(&probing);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_some),
        cmocka_unit_test(test_other_way),
        cmocka_unit_test(test_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
