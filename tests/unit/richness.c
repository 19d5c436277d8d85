/*
 * richness.c - estimates of how many things there are: what published programs printed of published
 * data, to their last digit; and by trying all.
 *
 *   SpadeR    Chao, Ma, Hsieh, Chiu, SpadeR 0.1.1, ChaoSpecies(): its output on the ants of S. A.
 *             Ruzi et al. (Biotropica), in their scripts: github.com/sruzi24/
 *             Ruzi_etal_seed_removal_and_ant_communities
 *   iNEXT     Hsieh, Ma, Chao, iNEXT 2, iNEXT(datatype = "incidence_raw"): its output on the diets
 * of monkeys of Costa Rica, in a public script (diet_incidence_Ap3.txt and others) vegan Oksanen et
 * al., vegan 2.6, the example specpool(dune, Management) of its manual EstimateS Colwell,
 * EstimateS: what the tests of scikit-bio (skbio/diversity/alpha, chao1) quote of it
 */
#include "test.h"

#include <math.h>
#include "report/richness.h"
#include "report/sampling.h"

enum { MOST = 130 };

/* Counts of which only the first few may be known: the things left over
 * are seen so often that nothing else depends on it. */
struct sample {
    uint64_t samples, seen, counts[12];
};

static struct incidences incidences_of(const struct sample *sample, uint64_t counts[static MOST])
{
    uint64_t left = sample->seen;

    memset(counts, 0, MOST * sizeof(*counts));
    for (size_t k = 1; k < LENGTH(sample->counts); k++) {
        counts[k] = sample->counts[k];
        left -= counts[k];
    }
    if (left)
        counts[sample->samples] += left;
    return (struct incidences){ sample->samples, counts };
}

/* As printed, with so many digits behind the point; NULL: it is not. */
static void check(const char *what, double value, int digits, const char *printed)
{
    char text[64];

    snprintf(text, sizeof(text), "%.*f", digits, value);
    if (printed && strcmp(text, printed) != 0)
        fail_msg("%s: %s, not %s", what, text, printed);
}

/* ---- Published ---- */

static const struct {
    const char *name;
    struct sample sample;
    int digits;
    const char *all, *error, *low, *high;
} published[] = {
    { "SpadeR: 25Ha, wet", { 16, 15, { 0, 9, 4, 1 } }, 3, "24.492", "8.489", "17.113", "57.648" },
    { "SpadeR: AVA, wet", { 16, 18, { 0, 8, 4, 1 } }, 3, "25.500", "7.049", "19.577", "53.671" },
    { "SpadeR: Drayton, wet",
      { 16, 16, { 0, 8, 5, 1 } },
      3,
      "22.000",
      "5.586",
      "17.275",
      "44.225" },
    { "SpadeR: seeds",
      { 120, 18, { 0, 8, 3, 1, 0, 2 } },
      3,
      "28.578",
      "10.189",
      "20.161",
      "69.765" },
    /* nothing seen twice */
    { "SpadeR: none twice",
      { 40, 10, { 0, 6, 0, 0, 0, 1, 0, 1, 1, 1 } },
      3,
      "24.625",
      "13.216",
      "13.217",
      "76.490" },
    { "iNEXT: Alouatta",
      { 33, 439, { 0, 280, 71, 29, 11, 6, 5, 7, 3, 5, 5 } },
      3,
      "974.382",
      "93.098",
      "820.723",
      "1189.895" },
    { "iNEXT: Ateles",
      { 8, 329, { 0, 237, 60, 22, 7, 1, 1, 1 } },
      3,
      "738.566",
      "77.694",
      "612.319",
      "921.067" },
    { "iNEXT: Cebus",
      { 15, 191, { 0, 59, 68, 31, 13, 4, 7, 4, 5 } },
      3,
      "214.889",
      "8.425",
      "203.212",
      "237.733" },
    { "iNEXT: Saimiri",
      { 5, 183, { 0, 157, 17, 8, 1 } },
      3,
      "762.976",
      "170.108",
      "513.282",
      "1201.441" },
    { "iNEXT: all",
      { 59, 818, { 0, 497, 120, 62, 39, 25, 10, 14, 6, 6, 4 } },
      3,
      "1829.760",
      "133.345",
      "1600.304",
      "2126.517" },
    /* Q[1] follows from the jackknife that is printed, too, Q[2] then from the estimate. */
    { "vegan: dune BF", { 3, 16, { 0, 5, 7 } }, 5, "17.19048", NULL, NULL, NULL },
    { "vegan: dune BF", { 3, 16, { 0, 5, 7 } }, 7, NULL, "1.5895675", NULL, NULL },
    { "vegan: dune HF", { 5, 21, { 0, 3, 7 } }, 5, "21.51429", NULL, NULL, NULL },
    { "vegan: dune HF", { 5, 21, { 0, 3, 7 } }, 7, NULL, "0.9511693", NULL, NULL },
    { "vegan: dune NM", { 6, 21, { 0, 6, 8 } }, 5, "22.87500", NULL, NULL, NULL },
    { "vegan: dune NM", { 6, 21, { 0, 6, 8 } }, 7, NULL, "2.1582871", NULL, NULL },
    { "vegan: dune SF", { 6, 21, { 0, 8, 3 } }, 5, "29.88889", NULL, NULL, NULL },
    { "vegan: dune SF", { 6, 21, { 0, 8, 3 } }, 7, NULL, "8.6447967", NULL, NULL },
    /* none seen once */
    { "EstimateS: none once", { 5, 4, { 0, 0, 2, 0, 1, 1 } }, 2, "4.00", "0.39", "4.00", "4.95" },
};

static void test_published(void **state)
{
    uint64_t counts[MOST];
    (void)state;

    for (size_t i = 0; i < LENGTH(published); i++) {
        struct incidences incidences = incidences_of(&published[i].sample, counts);
        struct richness richness = richness_estimate(&incidences);
        assert_true(richness.known);
        check(published[i].name, richness.all, published[i].digits, published[i].all);
        check(published[i].name, richness.error, published[i].digits, published[i].error);
        check(published[i].name, richness.low, published[i].digits, published[i].low);
        check(published[i].name, richness.high, published[i].digits, published[i].high);
    }
}

/* Their counts are printed completely (of SpadeR's, U is as well). */
static const struct {
    const char *name;
    struct sample sample;
    uint64_t incidences;
    int digits;
    const char *coverage;
} covered[] = {
    { "SpadeR: none twice", { 40, 10, { 0, 6, 0, 0, 0, 1, 0, 1, 1, 1 } }, 35, 2, "0.83" },
    { "iNEXT: Ateles", { 8, 329, { 0, 237, 60, 22, 7, 1, 1, 1 } }, 469, 4, "0.5288" },
    { "iNEXT: Cebus", { 15, 191, { 0, 59, 68, 31, 13, 4, 7, 4, 5 } }, 470, 4, "0.8922" },
    { "iNEXT: Saimiri", { 5, 183, { 0, 157, 17, 8, 1 } }, 219, 4, "0.3199" },
    /* the one that was seen 10 times is what U leaves */
    { "SpadeR: 25Ha, wet", { 16, 15, { 0, 9, 4, 1, 0, 0, 0, 0, 0, 0, 1 } }, 30, 3, "0.717" },
};

static void test_published_coverage(void **state)
{
    uint64_t counts[MOST];
    (void)state;

    for (size_t i = 0; i < LENGTH(covered); i++) {
        struct incidences incidences = incidences_of(&covered[i].sample, counts);
        struct richness richness = richness_estimate(&incidences);
        assert_int_equal(richness.incidences, covered[i].incidences);
        check(covered[i].name, richness.coverage, covered[i].digits, covered[i].coverage);
    }
}

/* Rarefied and extrapolated by iNEXT. */
static const struct {
    const char *name;
    struct sample sample;
    uint64_t samples;
    const char *expected;
} curves[] = {
    { "Ateles", { 8, 329, { 0, 237, 60, 22, 7, 1, 1, 1 } }, 1, "58.625" },
    { "Ateles", { 8, 329, { 0, 237, 60, 22, 7, 1, 1, 1 } }, 4, "195.971" },
    { "Ateles", { 8, 329, { 0, 237, 60, 22, 7, 1, 1, 1 } }, 8, "329.000" },
    { "Ateles", { 8, 329, { 0, 237, 60, 22, 7, 1, 1, 1 } }, 12, "428.820" },
    { "Ateles", { 8, 329, { 0, 237, 60, 22, 7, 1, 1, 1 } }, 16, "504.312" },
    { "Cebus", { 15, 191, { 0, 59, 68, 31, 13, 4, 7, 4, 5 } }, 1, "31.333" },
    { "Cebus", { 15, 191, { 0, 59, 68, 31, 13, 4, 7, 4, 5 } }, 7, "136.798" },
    { "Cebus", { 15, 191, { 0, 59, 68, 31, 13, 4, 7, 4, 5 } }, 22, "206.670" },
    { "Cebus", { 15, 191, { 0, 59, 68, 31, 13, 4, 7, 4, 5 } }, 30, "212.461" },
    { "Saimiri", { 5, 183, { 0, 157, 17, 8, 1 } }, 1, "43.800" },
    { "Saimiri", { 5, 183, { 0, 157, 17, 8, 1 } }, 2, "82.900" },
    { "Saimiri", { 5, 183, { 0, 157, 17, 8, 1 } }, 7, "241.045" },
    { "Saimiri", { 5, 183, { 0, 157, 17, 8, 1 } }, 10, "317.404" },
    { "Alouatta", { 33, 439, { 0, 280, 71, 29, 11, 6, 5, 7, 3, 5, 5 } }, 49, "558.086" },
    { "Alouatta", { 33, 439, { 0, 280, 71, 29, 11, 6, 5, 7, 3, 5, 5 } }, 66, "655.733" },
    { "all", { 59, 818, { 0, 497, 120, 62, 39, 25, 10, 14, 6, 6, 4 } }, 87, "1027.615" },
    { "all", { 59, 818, { 0, 497, 120, 62, 39, 25, 10, 14, 6, 6, 4 } }, 118, "1209.427" },
};

/* The share of all that is printed takes the samples that are printed: the inverse (Chao 2009). A
 * little less is taken, for the numbers are rounded. */
static void check_more(const char *name, const struct richness *richness, uint64_t samples,
                       const char *expected)
{
    double share = (atof(expected) - 0.001) / richness->all;
    uint64_t more = richness_more(richness, share);

    if (more != samples - richness->samples)
        fail_msg("%s: %lu more samples, not %lu", name, (unsigned long)more,
                 (unsigned long)(samples - richness->samples));
}

static void test_published_curves(void **state)
{
    uint64_t counts[MOST];
    (void)state;

    for (size_t i = 0; i < LENGTH(curves); i++) {
        struct incidences incidences = incidences_of(&curves[i].sample, counts);
        struct richness richness = richness_estimate(&incidences);
        check(curves[i].name, richness_expected(&incidences, &richness, curves[i].samples), 3,
              curves[i].expected);
        if (curves[i].samples > richness.samples)
            check_more(curves[i].name, &richness, curves[i].samples, curves[i].expected);
    }
}

/* ---- By the formulas as they are printed ---- */

/* Chao 2009 has the number of further samples in terms of Q[1] and Q[2]. */
static uint64_t more_as_printed(const struct richness *richness, double share)
{
    double t = (double)richness->samples, once = (double)richness->once,
           twice = (double)richness->twice;

    return (uint64_t)ceil(log(1 - t / (t - 1) * 2 * twice / (once * once) *
                                      (share * richness->all - (double)richness->seen)) /
                          log(1 - 2 * twice / ((t - 1) * once + 2 * twice)));
}

static void test_more_samples(void **state)
{
    static const double shares[] = { 0.95, 0.99, 0.999 };
    uint64_t counts[MOST];
    (void)state;

    for (size_t i = 0; i < LENGTH(published); i++) {
        struct incidences incidences = incidences_of(&published[i].sample, counts);
        struct richness richness = richness_estimate(&incidences);
        for (size_t j = 0; j < LENGTH(shares); j++) {
            uint64_t more = richness_more(&richness, shares[j]);
            if ((double)richness.seen >= shares[j] * richness.all) {
                assert_int_equal(more, 0);
                continue;
            }
            if (richness.twice)
                assert_int_equal(more, more_as_printed(&richness, shares[j]));
            /* Those are enough, and one less is not. */
            double wanted = shares[j] * richness.all;
            assert_true(richness_expected(&incidences, &richness, richness.samples + more) >=
                        wanted - 1e-9);
            assert_true(richness_expected(&incidences, &richness, richness.samples + more - 1) <
                        wanted + 1e-9);
        }
    }
}

/* ---- By trying all ---- */

/* How many of the things, each a set of samples, has one of these samples. */
static int count_in(const unsigned *things, int count, unsigned samples)
{
    int ret = 0;

    for (int i = 0; i < count; i++)
        ret += (things[i] & samples) != 0;
    return ret;
}

/* The average over all choices of so many of the samples. */
static double average(const unsigned *things, int count, int samples, int chosen)
{
    long sum = 0, choices = 0;

    for (unsigned set = 0; set < 1u << samples; set++) {
        if (__builtin_popcount(set) != chosen)
            continue;
        sum += count_in(things, count, set);
        choices++;
    }
    return (double)sum / (double)choices;
}

static void test_rarefaction_is_the_average(void **state)
{
    enum { SAMPLES = 9, THINGS = 40 };
    unsigned things[THINGS], random = 1;
    uint64_t counts[SAMPLES + 1] = { 0 };
    (void)state;

    for (int i = 0; i < THINGS; i++) {
        random = random * 1664525 + 1013904223;
        things[i] = random >> 16 & random >> (i % 7) & ((1u << SAMPLES) - 1);
        counts[__builtin_popcount(things[i])]++;
    }
    struct incidences incidences = { SAMPLES, counts };
    struct richness richness = richness_estimate(&incidences);
    for (int chosen = 0; chosen <= SAMPLES; chosen++) {
        double expected = richness_expected(&incidences, &richness, (uint64_t)chosen);
        double truth = average(things, THINGS, SAMPLES, chosen);
        if (fabs(expected - truth) > 1e-9)
            fail_msg("%d of %d samples: %f, not %f", chosen, SAMPLES, expected, truth);
    }
}

/* ---- The jackknife ---- */

enum { GROUP_SAMPLES = 9, GROUPS = 8 };

/* Things that come together, so many in each group: the samples that have them. */
static const struct {
    unsigned samples;
    uint64_t things;
} groups[GROUPS] = { { 0x1, 9 }, { 0x2, 3 },  { 0x30, 5 },  { 0x81, 1 },
                     { 0x7, 4 }, { 0x70, 2 }, { 0x1fe, 7 }, { 0x1ff, 30 } };

/* By the counts of these samples alone. */
static double estimate_of(unsigned samples)
{
    uint64_t counts[GROUP_SAMPLES + 1] = { 0 };

    for (int i = 0; i < GROUPS; i++)
        counts[__builtin_popcount(groups[i].samples & samples)] += groups[i].things;
    return richness_estimate(&(struct incidences){ (uint64_t)__builtin_popcount(samples), counts })
        .all;
}

/* Against estimates without each sample in turn; nothing else of the estimate changes. */
/* Everything that is in a sample, last samples first; some of it is said twice. */
static size_t list_groups(struct sampled *list)
{
    size_t count = 0;

    for (int j = GROUP_SAMPLES - 1; j >= 0; j--)
        for (size_t i = 0; i < GROUPS; i++)
            for (size_t k = 0; k < groups[i].things && groups[i].samples >> j & 1; k++) {
                const struct sampled one = { 100 * i + k, 7 * (uint32_t)j + 3 };
                list[count++] = one;
                if (i % 2)
                    list[count++] = one;
            }
    return count;
}

/* The list says the same; also of a further sample without anything, where that is said. */
static void check_list(const struct incidences *incidences, const struct richness *wanted)
{
    static struct sampled list[10000];
    const size_t count = list_groups(list);
    struct sampling sampling;

    assert_in_range(count, 1, LENGTH(list));
    assert_int_equal(sampling_init(&sampling, list, count, 0), 0);
    assert_int_equal(sampling.incidences.samples, incidences->samples);
    assert_memory_equal(sampling.incidences.counts, incidences->counts,
                        (incidences->samples + 1) * sizeof(*incidences->counts));
    assert_true(sampling.richness.wide_error == wanted->wide_error);
    assert_true(sampling.richness.wide_high == wanted->wide_high);
    sampling_deinit(&sampling);
    list_groups(list);
    assert_int_equal(sampling_init(&sampling, list, count, GROUP_SAMPLES + 1), 0);
    assert_int_equal(sampling.incidences.samples, GROUP_SAMPLES + 1);
    assert_int_equal(sampling.richness.seen, wanted->seen);
    sampling_deinit(&sampling);
    assert_int_equal(sampling_init(&sampling, NULL, 0, 0), 0);
    assert_false(sampling.richness.known);
    sampling_deinit(&sampling);
}

static void test_jackknife(void **state)
{
    uint64_t counts[GROUP_SAMPLES + 1] = { 0 };
    richness_rare rare[GROUP_SAMPLES] = { 0 };
    double without[GROUP_SAMPLES], mean = 0, squares = 0;
    (void)state;

    for (int i = 0; i < GROUPS; i++) {
        int count = __builtin_popcount(groups[i].samples);
        counts[count] += groups[i].things;
        for (int j = 0; j < GROUP_SAMPLES && count < RICHNESS_RARE; j++)
            rare[j][count] += groups[i].samples >> j & 1 ? groups[i].things : 0;
    }
    for (int i = 0; i < GROUP_SAMPLES; i++) {
        without[i] = estimate_of(0x1ff & ~(1u << i));
        mean += without[i] / GROUP_SAMPLES;
    }
    for (int i = 0; i < GROUP_SAMPLES; i++)
        squares += (without[i] - mean) * (without[i] - mean);
    const struct incidences incidences = { GROUP_SAMPLES, counts };
    struct richness before = richness_estimate(&incidences), richness = before;
    richness_jackknife(&richness, rare);
    assert_true(fabs(richness.wide_error - sqrt(squares * 8 / 9)) < 1e-9);
    assert_true(richness.wide_error > 2 * richness.error); /* they come together */
    assert_true(richness.wide_low < richness.low && richness.wide_high > richness.high);
    assert_true(richness.wide_low >= (double)richness.seen);
    check_list(&incidences, &richness);
    assert_true(richness.all == before.all && richness.low == before.low &&
                richness.high == before.high);
}

/* It makes no interval narrower: here it says 6.114787, as a program of other make. */
static void test_jackknife_that_says_less(void **state)
{
    uint64_t counts[] = { 0, 4, 1, 1, 1 };
    const richness_rare rare[4] = {
        { 0, 1, 1, 1 }, { 0, 0, 1, 1 }, { 0, 1, 0, 1 }, { 0, 2, 0, 0 }
    };
    struct richness richness = richness_estimate(&(struct incidences){ 4, counts });
    (void)state;

    check("the error of Chao 1987", richness.error, 6, "8.831761");
    richness_jackknife(&richness, rare);
    assert_true(richness.wide_error == richness.error);
    assert_true(richness.wide_low == richness.low && richness.wide_high == richness.high);
}

/* ---- Edges ---- */

static void test_too_little(void **state)
{
    uint64_t one[] = { 0, 7 }, none[] = { 0, 0, 0, 0 }, no_sample[] = { 0 };
    struct incidences incidences = { 1, one };
    struct richness richness = richness_estimate(&incidences);
    (void)state;

    assert_false(richness.known); /* one sample cannot tell */
    assert_int_equal(richness.seen, 7);
    assert_int_equal(richness.once, 7);
    assert_true(richness_expected(&incidences, &richness, 1) == 7);
    incidences = (struct incidences){ 3, none };
    richness = richness_estimate(&incidences);
    assert_false(richness.known);
    assert_int_equal(richness.seen, 0);
    incidences = (struct incidences){ 0, no_sample };
    assert_false(richness_estimate(&incidences).known);
}

/* All of each two samples' things are seen in both. */
static void test_nothing_unseen(void **state)
{
    uint64_t counts[] = { 0, 0, 9 };
    const struct incidences incidences = { 2, counts };
    struct richness richness = richness_estimate(&incidences);
    (void)state;

    assert_true(richness.known && richness.all == 9 && richness.coverage == 1);
    assert_true(richness.low == 9 && richness.high > 9 && richness.expected == 0);
    assert_int_equal(richness_more(&richness, 0.999), 0);
    assert_true(richness_expected(&incidences, &richness, 1000) == 9);
}

/* Of one thing seen once nothing follows, but coverage is not complete. */
static void test_one_seen_once(void **state)
{
    uint64_t counts[] = { 0, 1, 0, 4 };
    const struct incidences incidences = { 3, counts };
    struct richness richness = richness_estimate(&incidences);
    (void)state;

    assert_true(richness.all == 5 && richness.unseen == 0);
    check("coverage", richness.coverage, 6, "0.923077"); /* 1 - 1/13: Turing's own */
    assert_true(isfinite(richness.high) && richness.high > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_published_coverage),
        cmocka_unit_test(test_published_curves),
        cmocka_unit_test(test_more_samples),
        cmocka_unit_test(test_rarefaction_is_the_average),
        cmocka_unit_test(test_jackknife),
        cmocka_unit_test(test_jackknife_that_says_less),
        cmocka_unit_test(test_too_little),
        cmocka_unit_test(test_nothing_unseen),
        cmocka_unit_test(test_one_seen_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
