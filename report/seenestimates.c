/* seenestimates.c - what the pairs that were seen let one expect. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/marks.h"

/* Of either part of a curve. */
enum { POINTS = 50 };

static size_t sample_count(const struct seen *seen)
{
    return seen->unit == SEEN_BY_WORKLOAD ? seen->workload_count : seen->run_count;
}

static uint32_t sample_of(const struct seen *seen, uint32_t execution)
{
    return seen->unit == SEEN_BY_WORKLOAD ? seen->workload_of[execution] : execution;
}

/* Of one sample nothing can be extrapolated. */
static int make_curve(const struct incidences *incidences, struct seen_set *set)
{
    uint64_t samples = incidences->samples, last = 0;

    set->points = calloc(2 * POINTS, sizeof(*set->points));
    set->curve = calloc(2 * POINTS, sizeof(*set->curve));
    if (!set->points || !set->curve)
        return -ENOMEM;
    for (uint64_t i = 1; i <= 2 * POINTS; i++) {
        uint64_t point = samples * i / POINTS;
        if (point == last || (point > samples && samples == 1))
            continue;
        set->curve[set->point_count] = richness_expected(incidences, &set->richness, point);
        set->points[set->point_count++] = last = point;
    }
    return 0;
}

/* What estimating takes, for all sets in turn. */
struct estimator {
    const struct seen *seen;
    struct incidences incidences;
    struct marks of_set, of_pair, alone; /* by sample */
    uint32_t *places;                    /* of the samples of a set, by sample */
    richness_rare *rare;                 /* by place */
};

/* In how many samples is any of the pairs? Gives each of these its place. */
static size_t count_all_samples(struct estimator *estimator, const struct seen_pair *pairs,
                                size_t count)
{
    const struct seen *seen = estimator->seen;
    size_t last = count ? pairs[count - 1].first + pairs[count - 1].runs : 0, ret = 0;

    estimator->of_set.round++;
    for (size_t i = count ? pairs[0].first : 0; i < last; i++) {
        uint32_t sample = sample_of(seen, seen->runs[i]);
        if (mark(&estimator->of_set, sample))
            estimator->places[sample] = (uint32_t)ret++;
    }
    return ret;
}

/* In how many samples is the pair? If in one alone, notes that this one has something new. */
static size_t count_samples(struct estimator *estimator, const struct seen_pair *pair,
                            size_t *discoverers)
{
    const struct seen *seen = estimator->seen;
    size_t count = 0;

    estimator->of_pair.round++;
    for (size_t i = 0; i < pair->runs; i++)
        count += mark(&estimator->of_pair, sample_of(seen, seen->runs[pair->first + i]));
    if (count == 1)
        *discoverers += mark(&estimator->alone, sample_of(seen, seen->runs[pair->first]));
    return count;
}

/* That each of the so many samples of the pair has it. */
static void note_rare(struct estimator *estimator, const struct seen_pair *pair, size_t count)
{
    const struct seen *seen = estimator->seen;

    estimator->of_pair.round++;
    for (size_t i = 0; i < pair->runs && count < RICHNESS_RARE; i++) {
        uint32_t sample = sample_of(seen, seen->runs[pair->first + i]);
        if (mark(&estimator->of_pair, sample))
            estimator->rare[estimator->places[sample]][count]++;
    }
}

static int estimate(struct estimator *estimator, const struct seen_pair *pairs, size_t count,
                    size_t samples, struct seen_set *ret)
{
    struct incidences *incidences = &estimator->incidences;
    size_t discoverers = 0;

    incidences->samples = samples;
    memset(incidences->counts, 0, (incidences->samples + 1) * sizeof(*incidences->counts));
    memset(estimator->rare, 0, samples * sizeof(*estimator->rare));
    estimator->alone.round++;
    for (size_t i = 0; i < count; i++) {
        size_t of_pair = count_samples(estimator, &pairs[i], &discoverers);
        incidences->counts[of_pair]++;
        note_rare(estimator, &pairs[i], of_pair);
    }
    ret->richness = richness_estimate(incidences);
    if (ret->richness.known)
        richness_jackknife(&ret->richness, estimator->rare);
    ret->chance = ret->richness.known ? (double)discoverers / (double)incidences->samples : 0;
    return make_curve(incidences, ret);
}

static int estimate_sets(struct seen *seen, struct estimator *estimator)
{
    size_t points;

    count_all_samples(estimator, seen->pairs, seen->pair_count); /* some may have no pair */
    int error = estimate(estimator, seen->pairs, seen->pair_count, sample_count(seen), &seen->all);

    points = seen->all.point_count;
    for (size_t i = 0; i < seen->library_count && !error; i++) {
        struct seen_library *library = &seen->libraries[i];
        const struct seen_pair *pairs = &seen->pairs[library->first];
        size_t samples = count_all_samples(estimator, pairs, library->pairs);
        error = estimate(estimator, pairs, library->pairs, samples, &library->set);
        library->set.first_point = points;
        points += library->set.point_count;
    }
    return error;
}

int seen_estimate(struct seen *seen)
{
    size_t numbers = seen->keys.run->execution_count + 1; /* of samples: workloads are no more */
    struct estimator estimator = {
        .seen = seen,
        .incidences = { 0, calloc(numbers, sizeof(uint64_t)) },
        .of_set = { calloc(numbers, sizeof(uint32_t)), 0 },
        .of_pair = { calloc(numbers, sizeof(uint32_t)), 0 },
        .alone = { calloc(numbers, sizeof(uint32_t)), 0 },
        .places = calloc(numbers, sizeof(uint32_t)),
        .rare = calloc(numbers, sizeof(richness_rare)),
    };
    int error = -ENOMEM;

    if (estimator.incidences.counts && estimator.of_set.of && estimator.of_pair.of &&
        estimator.alone.of && estimator.places && estimator.rare)
        error = estimate_sets(seen, &estimator);
    free(estimator.incidences.counts);
    free(estimator.of_set.of);
    free(estimator.of_pair.of);
    free(estimator.alone.of);
    free(estimator.places);
    free(estimator.rare);
    return error;
}
