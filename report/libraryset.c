/* libraryset.c - sets as lists that have their ends in common. */
#include "libraryset.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "record/array.h"

enum { FIRST_SUMS = 64 };

int library_sets_init(struct library_sets *sets)
{
    *sets = (struct library_sets){ .sum_slots = FIRST_SUMS };
    sets->sets = array_with_room(NULL, 0, &sets->capacity, sizeof(*sets->sets));
    sets->sums = calloc(sets->sum_slots, sizeof(*sets->sums));
    if (!sets->sets || !sets->sums)
        return -ENOMEM;
    sets->sets[sets->count++] = (struct library_set){ 0, LIBRARY_SET_EMPTY };
    return 0;
}

void library_sets_deinit(struct library_sets *sets)
{
    free(sets->sets);
    free(sets->sums);
    *sets = (struct library_sets){ 0 };
}

/* Where this sum is, or the free place where it belongs. There is always a free one. */
static struct library_sum *find_sum(const struct library_sets *sets, uint32_t set, uint32_t library)
{
    size_t mask = sets->sum_slots - 1;
    size_t i = (((uint64_t)set << 32 | library) * 0x9e3779b97f4a7c15u) >> 32 & mask;

    while (sets->sums[i].sum && (sets->sums[i].set != set || sets->sums[i].library != library))
        i = (i + 1) & mask;
    return &sets->sums[i];
}

static int grow_sums(struct library_sets *sets)
{
    struct library_sets larger = *sets;

    larger.sum_slots *= 2;
    larger.sums = calloc(larger.sum_slots, sizeof(*larger.sums));
    if (!larger.sums)
        return -ENOMEM;
    for (size_t i = 0; i < sets->sum_slots; i++)
        if (sets->sums[i].sum)
            *find_sum(&larger, sets->sums[i].set, sets->sums[i].library) = sets->sums[i];
    free(sets->sums);
    *sets = larger;
    return 0;
}

static bool contains(const struct library_sets *sets, uint32_t set, uint32_t library)
{
    while (set != LIBRARY_SET_EMPTY && sets->sets[set].library != library)
        set = sets->sets[set].rest;
    return set != LIBRARY_SET_EMPTY;
}

static int64_t join(struct library_sets *sets, uint32_t set, uint32_t library)
{
    if (contains(sets, set, library))
        return set;
    struct library_set *grown =
        array_with_room(sets->sets, sets->count, &sets->capacity, sizeof(*grown));
    if (!grown || sets->count >= UINT32_MAX)
        return -ENOMEM;
    sets->sets = grown;
    grown[sets->count] = (struct library_set){ library, set };
    return (int64_t)sets->count++;
}

int64_t library_sets_add(struct library_sets *sets, uint32_t set, uint32_t library)
{
    struct library_sum *sum = find_sum(sets, set, library);
    int error = 0;

    if (sum->sum)
        return sum->sum - 1;
    if (2 * sets->sum_count >= sets->sum_slots)
        error = grow_sums(sets);
    int64_t number = error ? error : join(sets, set, library);
    if (number < 0)
        return number;
    *find_sum(sets, set, library) = (struct library_sum){ set, library, (uint32_t)number + 1 };
    sets->sum_count++;
    return number;
}
