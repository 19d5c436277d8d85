/* seen.c - which pairs runs have shown, and what follows. */
#include "seen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/lastingname.h"

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

/* ---- The whole ---- */

static int fill(struct seen *seen)
{
    int error = find_pairs(seen);

    if (!error)
        error = find_workloads(seen);
    if (!error)
        error = seen_compare_workloads(seen);
    return error ? error : seen_estimate(seen);
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
