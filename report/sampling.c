/* sampling.c - counts in how many samples things are. */
#include "sampling.h"

#include <errno.h>
#include <stdlib.h>
#include "record/bisect.h"

static int compare_numbers(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

static int compare_sampled(const void *a, const void *b)
{
    const struct sampled *left = a, *right = b;
    int order = compare_numbers(left->thing, right->thing);

    return order ? order : compare_numbers(left->sample, right->sample);
}

static int compare_samples(const void *a, const void *b)
{
    return compare_numbers(*(const uint32_t *)a, *(const uint32_t *)b);
}

/* Sorts them, and keeps each once: so many. */
static size_t sort_sampled(struct sampled *all, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(all, count, sizeof(*all), compare_sampled);
    for (size_t i = 0; i < count; i++)
        if (!kept || compare_sampled(&all[kept - 1], &all[i]))
            all[kept++] = all[i];
    return kept;
}

/* Those that have anything, each once, ascending. */
struct samples {
    uint32_t *numbers; /* owned */
    size_t count;
    richness_rare *rare; /* by place in these; owned */
};

static void list_samples(struct samples *samples, const struct sampled *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        samples->numbers[i] = all[i].sample;
    if (count)
        qsort(samples->numbers, count, sizeof(*samples->numbers), compare_samples);
    for (size_t i = 0; i < count; i++)
        if (!i || samples->numbers[samples->count - 1] != samples->numbers[i])
            samples->numbers[samples->count++] = samples->numbers[i];
}

/* A thing that is in `count` samples: one more for the incidences, and for each of these. */
static void count_thing(struct sampling *sampling, struct samples *samples,
                        const struct sampled *of_thing, size_t count)
{
    sampling->incidences.counts[count]++;
    for (size_t i = 0; i < count && count < RICHNESS_RARE; i++)
        samples
            ->rare[BISECT(at, samples->count, samples->numbers[at] < of_thing[i].sample)][count]++;
}

static void count_all(struct sampling *sampling, struct samples *samples, const struct sampled *all,
                      size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && all[end].thing == all[i].thing;)
            end++;
        count_thing(sampling, samples, &all[i], end - i);
    }
}

static void estimate(struct sampling *sampling, const richness_rare *rare)
{
    const uint64_t samples = sampling->incidences.samples;
    size_t discoverers = 0;

    sampling->richness = richness_estimate(&sampling->incidences);
    if (!sampling->richness.known)
        return;
    richness_jackknife(&sampling->richness, rare);
    for (uint64_t i = 0; i < samples; i++)
        discoverers += rare[i][1] > 0;
    sampling->chance = (double)discoverers / (double)samples;
}

int sampling_init(struct sampling *sampling, struct sampled *all, size_t count, size_t samples)
{
    struct samples active = { 0 };

    *sampling = (struct sampling){ 0 };
    count = sort_sampled(all, count);
    active.numbers = calloc(count + 1, sizeof(*active.numbers));
    if (active.numbers)
        list_samples(&active, all, count);
    samples = samples > active.count ? samples : active.count;
    active.rare = calloc(samples + 1, sizeof(*active.rare));
    sampling->incidences = (struct incidences){ samples, calloc(samples + 1, sizeof(uint64_t)) };
    int error = active.numbers && active.rare && sampling->incidences.counts ? 0 : -ENOMEM;
    if (!error) {
        count_all(sampling, &active, all, count);
        estimate(sampling, active.rare);
    } else {
        sampling_deinit(sampling);
    }
    free(active.numbers);
    free(active.rare);
    return error;
}

void sampling_deinit(struct sampling *sampling)
{
    free(sampling->incidences.counts);
    *sampling = (struct sampling){ 0 };
}
