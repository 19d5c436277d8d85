/* seenworkloads.c - what each workload shows, what it alone, and the fewest that show all. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include "report/marks.h"

/* ---- Who has a pair ---- */

/* The workloads that have a pair, each once: how many. */
static size_t workloads_of(const struct seen *seen, const struct seen_pair *pair,
                           struct marks *marks, uint32_t *ret)
{
    size_t count = 0;

    marks->round++;
    for (size_t i = 0; i < pair->runs; i++) {
        uint32_t workload = seen->workload_of[seen->runs[pair->first + i]];
        if (mark(marks, workload))
            ret[count++] = workload;
    }
    return count;
}

/* The same by pair, one behind the other: those of pair i begin at first[i]. */
struct owners {
    uint32_t *workloads;
    size_t *first;
};

static int find_owners(const struct seen *seen, struct owners *ret)
{
    size_t last = seen->pair_count;
    size_t runs = last ? seen->pairs[last - 1].first + seen->pairs[last - 1].runs : 0;
    struct marks marks = { calloc(seen->workload_count + 1, sizeof(*marks.of)), 0 };

    *ret = (struct owners){ calloc(runs + 1, sizeof(*ret->workloads)),
                            calloc(last + 1, sizeof(*ret->first)) };
    int error = marks.of && ret->workloads && ret->first ? 0 : -ENOMEM;
    for (size_t i = 0; i < last && !error; i++)
        ret->first[i + 1] = ret->first[i] + workloads_of(seen, &seen->pairs[i], &marks,
                                                         &ret->workloads[ret->first[i]]);
    free(marks.of);
    return error;
}

static void note_pairs(struct seen *seen, const struct owners *owners)
{
    for (size_t i = 0; i < seen->pair_count; i++) {
        for (size_t j = owners->first[i]; j < owners->first[i + 1]; j++)
            seen->workloads[owners->workloads[j]].pairs++;
        if (owners->first[i + 1] - owners->first[i] > 1)
            continue;
        seen->pairs[i].workload = owners->workloads[owners->first[i]];
        seen->workloads[seen->pairs[i].workload].own_pairs++;
    }
}

/* How many runs of each workload have the pair; a workload that is done with counts none. */
static void note_common_pair(struct seen *seen, const struct seen_pair *pair, size_t *counts)
{
    const uint32_t *runs = &seen->runs[pair->first];

    for (size_t i = 0; i < pair->runs; i++)
        counts[seen->workload_of[runs[i]]]++;
    for (size_t i = 0; i < pair->runs; i++) {
        uint32_t workload = seen->workload_of[runs[i]];
        if (counts[workload] == seen->workloads[workload].runs)
            seen->workloads[workload].common_pairs++;
        counts[workload] = 0;
    }
}

static int note_common_pairs(struct seen *seen)
{
    size_t *counts = calloc(seen->workload_count + 1, sizeof(*counts));

    for (size_t i = 0; counts && i < seen->pair_count; i++)
        note_common_pair(seen, &seen->pairs[i], counts);
    free(counts);
    return counts ? 0 : -ENOMEM;
}

static void note_library(struct seen *seen, struct seen_library *library,
                         const struct owners *owners, struct marks *marks)
{
    size_t count = 0;
    uint32_t last = NO_WORKLOAD;

    marks->round++;
    for (size_t i = owners->first[library->first];
         i < owners->first[library->first + library->pairs]; i++) {
        if (!mark(marks, owners->workloads[i]))
            continue;
        last = owners->workloads[i];
        seen->workloads[last].libraries++;
        count++;
    }
    if (count > 1)
        return;
    library->workload = last;
    seen->workloads[last].own_libraries++;
}

static int note_libraries(struct seen *seen, const struct owners *owners)
{
    struct marks marks = { calloc(seen->workload_count + 1, sizeof(*marks.of)), 0 };

    for (size_t i = 0; marks.of && i < seen->library_count; i++)
        note_library(seen, &seen->libraries[i], owners, &marks);
    free(marks.of);
    return marks.of ? 0 : -ENOMEM;
}

/* ---- The cover ---- */

/* What is not covered yet, and who would cover it. */
struct covering {
    const struct owners *owners;
    uint32_t *pairs; /* by workload, one behind the other: those of workload i begin at first[i] */
    size_t *first;
    size_t *gains; /* by workload: pairs that are not covered */
    bool *covered; /* by pair */
};

/* The pairs of the workloads, from the workloads of the pairs. */
static void invert(const struct seen *seen, const struct owners *owners, struct covering *covering)
{
    for (size_t i = 0; i < seen->workload_count; i++)
        covering->first[i + 1] = covering->first[i] + seen->workloads[i].pairs;
    for (size_t i = 0; i < seen->pair_count; i++)
        for (size_t j = owners->first[i]; j < owners->first[i + 1]; j++) {
            uint32_t workload = owners->workloads[j];
            covering->pairs[covering->first[workload] + covering->gains[workload]++] = (uint32_t)i;
        }
}

static int covering_init(const struct seen *seen, const struct owners *owners, struct covering *ret)
{
    *ret = (struct covering){
        .owners = owners,
        .pairs = calloc(owners->first[seen->pair_count] + 1, sizeof(*ret->pairs)),
        .first = calloc(seen->workload_count + 1, sizeof(*ret->first)),
        .gains = calloc(seen->workload_count + 1, sizeof(*ret->gains)),
        .covered = calloc(seen->pair_count + 1, sizeof(*ret->covered)),
    };
    if (!ret->pairs || !ret->first || !ret->gains || !ret->covered)
        return -ENOMEM;
    invert(seen, owners, ret);
    return 0;
}

static void covering_deinit(struct covering *covering)
{
    free(covering->pairs);
    free(covering->first);
    free(covering->gains);
    free(covering->covered);
}

/* No workload has anything to gain from the pairs of this one any more. */
static void cover_pairs(struct covering *covering, uint32_t workload)
{
    const struct owners *owners = covering->owners;

    for (size_t i = covering->first[workload]; i < covering->first[workload + 1]; i++) {
        uint32_t pair = covering->pairs[i];
        if (covering->covered[pair])
            continue;
        covering->covered[pair] = true;
        for (size_t j = owners->first[pair]; j < owners->first[pair + 1]; j++)
            covering->gains[owners->workloads[j]]--;
    }
}

static void add_steps(struct seen *seen, struct covering *covering)
{
    size_t pairs = 0;

    while (pairs < seen->pair_count) {
        uint32_t best = 0;
        for (uint32_t i = 1; i < seen->workload_count; i++)
            best = covering->gains[i] > covering->gains[best] ? i : best;
        pairs += covering->gains[best];
        seen->cover[seen->cover_count++] = (struct seen_step){ best, covering->gains[best], pairs };
        cover_pairs(covering, best);
    }
}

/* Behind note_pairs(). */
static int find_cover(struct seen *seen, const struct owners *owners)
{
    struct covering covering;
    int error = covering_init(seen, owners, &covering);

    seen->cover = calloc(seen->workload_count + 1, sizeof(*seen->cover));
    if (!seen->cover)
        error = -ENOMEM;
    if (!error)
        add_steps(seen, &covering);
    covering_deinit(&covering);
    return error;
}

int seen_compare_workloads(struct seen *seen)
{
    struct owners owners;
    int error = find_owners(seen, &owners);

    if (!error)
        note_pairs(seen, &owners);
    if (!error)
        error = note_common_pairs(seen);
    if (!error)
        error = note_libraries(seen, &owners);
    if (!error)
        error = find_cover(seen, &owners);
    free(owners.workloads);
    free(owners.first);
    return error;
}
