/* seen.c - which pairs runs have shown, and what follows. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/lastingname.h"

/* Of either part of a curve. */
enum { POINTS = 50 };

/* ---- Pairs ---- */

/* That an execution has a pair. */
struct sighting {
    const char *library, *component, *syscall;
    uint32_t abi, nr, execution;
};

/* Texts are kept once each. */
static int compare_texts(const char *left, const char *right)
{
    return left == right ? 0 : strcmp(left, right);
}

static int compare_numbers(uint32_t left, uint32_t right)
{
    return (left > right) - (left < right);
}

static int compare_libraries(const struct sighting *left, const struct sighting *right)
{
    int order = compare_texts(left->library, right->library);

    return order ? order : compare_texts(left->component, right->component);
}

static int compare_pairs(const struct sighting *left, const struct sighting *right)
{
    int order = compare_libraries(left, right);

    if (!order)
        order = compare_texts(left->syscall, right->syscall);
    if (!order)
        order = compare_numbers(left->abi, right->abi);
    return order ? order : compare_numbers(left->nr, right->nr);
}

static int compare_sightings(const void *a, const void *b)
{
    const struct sighting *left = a, *right = b;
    int order = compare_pairs(left, right);

    return order ? order : compare_numbers(left->execution, right->execution);
}

/* The value of a key, by its name; NULL: no memory. */
static const char *text_of(struct keys *keys, const char *key, const struct count *count)
{
    int64_t value = keys_of_count(keys, key_parse(key), count);

    return value < 0 ? NULL : keys->values.texts[value];
}

static int make_sighting(struct keys *keys, const struct count *count, struct sighting *ret)
{
    *ret = (struct sighting){
        .library = text_of(keys, "library", count),
        .component = text_of(keys, "component", count),
        .syscall = text_of(keys, "syscall", count),
        .abi = count->abi,
        .nr = count->nr,
        .execution = count->execution,
    };
    return ret->library && ret->component && ret->syscall ? 0 : -ENOMEM;
}

static bool is_known(const struct keys *keys, const struct count *count)
{
    uint32_t library = callers_known(keys->callers, count->stack)->library;

    return keys->callers->libraries[library].module != MODULE_UNKNOWN;
}

/* Of all counts, in order; some are there several times. */
static int list_sightings(struct seen *seen, struct sighting **ret, size_t *ret_count)
{
    const struct run *run = seen->keys.run;
    struct sighting *sightings = calloc(run->count_count + 1, sizeof(*sightings));
    size_t count = 0;
    int error = sightings ? 0 : -ENOMEM;

    for (size_t i = 0; i < run->count_count && !error; i++)
        if (is_known(&seen->keys, &run->counts[i]))
            error = make_sighting(&seen->keys, &run->counts[i], &sightings[count++]);
    if (error) {
        free(sightings);
        return error;
    }
    qsort(sightings, count, sizeof(*sightings), compare_sightings);
    *ret = sightings;
    *ret_count = count;
    return 0;
}

static void add_library(struct seen *seen, const struct sighting *sighting)
{
    seen->libraries[seen->library_count++] = (struct seen_library){
        .name = sighting->library,
        .component = sighting->component,
        .first = seen->pair_count,
        .workload = NO_WORKLOAD,
    };
}

static void add_pair(struct seen *seen, const struct sighting *sighting, size_t first)
{
    uint32_t library = (uint32_t)seen->library_count - 1;

    seen->pairs[seen->pair_count++] = (struct seen_pair){
        .library = library,
        .syscall = sighting->syscall,
        .abi = abi_name((enum abi)sighting->abi),
        .nr = sighting->nr,
        .first = first,
        .workload = NO_WORKLOAD,
    };
    seen->libraries[library].pairs++;
}

static int make_pairs(struct seen *seen, const struct sighting *sightings, size_t count)
{
    size_t runs = 0;

    seen->libraries = calloc(count + 1, sizeof(*seen->libraries));
    seen->pairs = calloc(count + 1, sizeof(*seen->pairs));
    seen->runs = calloc(count + 1, sizeof(*seen->runs));
    if (!seen->libraries || !seen->pairs || !seen->runs)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!i || compare_libraries(&sightings[i - 1], &sightings[i]))
            add_library(seen, &sightings[i]);
        if (!i || compare_pairs(&sightings[i - 1], &sightings[i]))
            add_pair(seen, &sightings[i], runs);
        else if (sightings[i - 1].execution == sightings[i].execution)
            continue;
        seen->runs[runs++] = sightings[i].execution;
        seen->pairs[seen->pair_count - 1].runs++;
    }
    return 0;
}

static int find_pairs(struct seen *seen)
{
    struct sighting *sightings;
    size_t count;
    int error = list_sightings(seen, &sightings, &count);

    if (error)
        return error;
    error = make_pairs(seen, sightings, count);
    free(sightings);
    return error;
}

/* ---- Workloads ---- */

/* The runs that have calls, each of which counts for as many as it has. */
static const struct count **find_samples(const struct run *run)
{
    const struct count **examples = calloc(run->execution_count + 1, sizeof(*examples));

    for (size_t i = 0; examples && i < run->count_count; i++)
        examples[run->counts[i].execution] = &run->counts[i];
    return examples;
}

static int compare_workloads(const void *a, const void *b)
{
    const struct seen_workload *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static uint32_t find_workload(const struct seen *seen, const char *name)
{
    const struct seen_workload key = { .name = name };
    const struct seen_workload *found =
        bsearch(&key, seen->workloads, seen->workload_count, sizeof(key), compare_workloads);
    return (uint32_t)(found - seen->workloads);
}

/* The names of all, sorted, each once. */
static int list_workloads(struct seen *seen, const struct count *const *samples)
{
    size_t count = 0, kept = 0;

    for (size_t i = 0; i < seen->keys.run->execution_count; i++)
        if (samples[i] &&
            !(seen->workloads[count++].name = text_of(&seen->keys, "workload", samples[i])))
            return -ENOMEM;
    qsort(seen->workloads, count, sizeof(*seen->workloads), compare_workloads);
    for (size_t i = 0; i < count; i++)
        if (!kept || compare_workloads(&seen->workloads[kept - 1], &seen->workloads[i]))
            seen->workloads[kept++] = seen->workloads[i];
    seen->workload_count = kept;
    return 0;
}

static int number_workloads(struct seen *seen, const struct count *const *samples)
{
    const struct run *run = seen->keys.run;

    seen->workloads = calloc(run->execution_count + 1, sizeof(*seen->workloads));
    seen->workload_of = calloc(run->execution_count + 1, sizeof(*seen->workload_of));
    if (!seen->workloads || !seen->workload_of || list_workloads(seen, samples))
        return -ENOMEM;
    for (size_t i = 0; i < run->execution_count; i++) {
        seen->workload_of[i] = NO_WORKLOAD;
        if (!samples[i])
            continue;
        seen->workload_of[i] = find_workload(seen, text_of(&seen->keys, "workload", samples[i]));
        seen->workloads[seen->workload_of[i]].runs++;
        seen->run_count++;
        seen->cut_short += run->executions[i].cut_short;
    }
    return 0;
}

static int find_workloads(struct seen *seen)
{
    const struct count **samples = find_samples(seen->keys.run);
    int error = samples ? number_workloads(seen, samples) : -ENOMEM;

    free(samples);
    return error;
}

/* ---- Who has a pair ---- */

/* A set of small numbers that is emptied in no time. */
struct marks {
    uint32_t *of; /* by number: the round in which it was marked */
    uint32_t round;
};

/* Was it not marked in this round? */
static bool mark(struct marks *marks, uint32_t number)
{
    bool ret = marks->of[number] != marks->round;

    marks->of[number] = marks->round;
    return ret;
}

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

/* How many pairs that are not covered yet each workload has. */
static void count_gains(const struct seen *seen, const struct owners *owners, const bool *covered,
                        size_t *gains)
{
    memset(gains, 0, seen->workload_count * sizeof(*gains));
    for (size_t i = 0; i < seen->pair_count; i++)
        for (size_t j = owners->first[i]; !covered[i] && j < owners->first[i + 1]; j++)
            gains[owners->workloads[j]]++;
}

static void cover_pairs(const struct seen *seen, const struct owners *owners, uint32_t workload,
                        bool *covered)
{
    for (size_t i = 0; i < seen->pair_count; i++)
        for (size_t j = owners->first[i]; !covered[i] && j < owners->first[i + 1]; j++)
            covered[i] = owners->workloads[j] == workload;
}

static void add_steps(struct seen *seen, const struct owners *owners, bool *covered, size_t *gains)
{
    size_t pairs = 0;

    while (pairs < seen->pair_count) {
        uint32_t best = 0;
        count_gains(seen, owners, covered, gains);
        for (uint32_t i = 1; i < seen->workload_count; i++)
            best = gains[i] > gains[best] ? i : best;
        pairs += gains[best];
        seen->cover[seen->cover_count++] = (struct seen_step){ best, gains[best], pairs };
        cover_pairs(seen, owners, best, covered);
    }
}

static int find_cover(struct seen *seen, const struct owners *owners)
{
    bool *covered = calloc(seen->pair_count + 1, sizeof(*covered));
    size_t *gains = calloc(seen->workload_count + 1, sizeof(*gains));

    seen->cover = calloc(seen->workload_count + 1, sizeof(*seen->cover));
    int error = covered && gains && seen->cover ? 0 : -ENOMEM;
    if (!error)
        add_steps(seen, owners, covered, gains);
    free(covered);
    free(gains);
    return error;
}

static int compare_all_workloads(struct seen *seen)
{
    struct owners owners;
    int error = find_owners(seen, &owners);

    if (!error)
        note_pairs(seen, &owners);
    if (!error)
        error = note_libraries(seen, &owners);
    if (!error)
        error = find_cover(seen, &owners);
    free(owners.workloads);
    free(owners.first);
    return error;
}

/* ---- Estimates ---- */

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
    count_all_samples(estimator, seen->pairs, seen->pair_count); /* some may have no pair */
    int error = estimate(estimator, seen->pairs, seen->pair_count, sample_count(seen), &seen->all);

    for (size_t i = 0; i < seen->library_count && !error; i++) {
        struct seen_library *library = &seen->libraries[i];
        const struct seen_pair *pairs = &seen->pairs[library->first];
        size_t samples = count_all_samples(estimator, pairs, library->pairs);
        error = estimate(estimator, pairs, library->pairs, samples, &library->set);
    }
    return error;
}

static int estimate_all(struct seen *seen)
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

/* ---- The whole ---- */

static int fill(struct seen *seen)
{
    int error = find_pairs(seen);

    if (!error)
        error = find_workloads(seen);
    if (!error)
        error = compare_all_workloads(seen);
    return error ? error : estimate_all(seen);
}

int seen_init(struct seen *seen, struct run *run, const struct callers *callers,
              enum seen_unit unit)
{
    *seen = (struct seen){ .unit = unit, .names = lasting_names(run) };

    int error = seen->names ? keys_init(&seen->keys, run, callers, NULL) : -ENOMEM;
    if (error) {
        lasting_names_free(seen->names, run);
        return error;
    }
    seen->keys.module_names = (const char *const *)seen->names;
    error = fill(seen);
    if (error)
        seen_deinit(seen);
    return error;
}

static void set_deinit(struct seen_set *set)
{
    free(set->points);
    free(set->curve);
}

void seen_deinit(struct seen *seen)
{
    for (size_t i = 0; i < seen->library_count; i++)
        set_deinit(&seen->libraries[i].set);
    set_deinit(&seen->all);
    free(seen->libraries);
    free(seen->pairs);
    free(seen->runs);
    free(seen->workloads);
    free(seen->cover);
    free(seen->workload_of);
    lasting_names_free(seen->names, seen->keys.run);
    keys_deinit(&seen->keys);
    *seen = (struct seen){ 0 };
}
