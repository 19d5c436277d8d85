/* seenestimates.c - what the pairs that were seen let one expect. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include "report/sampling.h"

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

/* Of pairs that are one behind the other; `samples`: as sampling_init. */
static int estimate(const struct seen *seen, const struct seen_pair *pairs, size_t count,
                    size_t samples, struct seen_set *ret)
{
    const size_t first = count ? pairs[0].first : 0;
    const size_t end = count ? pairs[count - 1].first + pairs[count - 1].runs : 0;
    struct sampled *all = calloc(end - first + 1, sizeof(*all));
    struct sampling sampling;
    size_t sampled = 0;

    for (size_t i = 0; i < count && all; i++)
        for (size_t run = pairs[i].first; run < pairs[i].first + pairs[i].runs; run++)
            all[sampled++] = (struct sampled){ i, sample_of(seen, seen->runs[run]) };
    int error = all ? sampling_init(&sampling, all, sampled, samples) : -ENOMEM;
    free(all);
    if (error)
        return error;
    ret->richness = sampling.richness;
    ret->chance = sampling.chance;
    error = make_curve(&sampling.incidences, ret);
    sampling_deinit(&sampling);
    return error;
}

int seen_estimate(struct seen *seen)
{
    /* Some samples may have no pair. */
    int error = estimate(seen, seen->pairs, seen->pair_count, sample_count(seen), &seen->all);
    size_t points = seen->all.point_count;

    for (size_t i = 0; i < seen->library_count && !error; i++) {
        struct seen_library *library = &seen->libraries[i];
        error = estimate(seen, &seen->pairs[library->first], library->pairs, 0, &library->set);
        library->set.first_point = points;
        points += library->set.point_count;
    }
    return error;
}
