/* trail.c - the last walks over deep stacks: arrays of steps, of which the inner ends change. */
#include "trail.h"

#include <stdlib.h>

#include "record/array.h"
#include "record/bisect.h"

void trails_drop(struct trails *trails, struct trail *trail)
{
    free(trail->steps);
    *trail = trails->all[--trails->count];
}

void trails_deinit(struct trails *trails)
{
    while (trails->count)
        trails_drop(trails, &trails->all[trails->count - 1]);
    free(trails->all);
    *trails = (struct trails){ 0 };
}

static uint64_t trail_end(const struct trail *trail)
{
    return trail->steps[0].sp;
}

/* From here on inwards it is of use. */
static uint64_t deep_end(const struct trail *trail)
{
    return trail->steps[TRAIL_DEPTH_MIN - 1].sp;
}

struct trail *trails_find(struct trails *trails, uint64_t sp)
{
    struct trail *found = NULL;

    for (uint32_t i = 0; i < trails->count; i++) {
        struct trail *trail = &trails->all[i];
        if (sp <= deep_end(trail) && (!found || trail_end(trail) < trail_end(found)))
            found = trail;
    }
    if (found)
        found->used = ++trails->uses;
    return found;
}

uint32_t trail_find(const struct trail *trail, uint64_t sp)
{
    return (uint32_t)BISECT(i, trail->count, trail->steps[i].sp > sp); /* they fall */
}

/* A trail of the same stack, which must give way. */
static struct trail *find_overlapping(const struct trails *trails, uint64_t start, uint64_t end)
{
    for (uint32_t i = 0; i < trails->count; i++) {
        struct trail *trail = &trails->all[i];
        if (start <= trail_end(trail) && end >= trail_start(trail))
            return trail;
    }
    return NULL;
}

static struct trail *find_oldest(const struct trails *trails)
{
    struct trail *oldest = NULL;

    for (uint32_t i = 0; i < trails->count; i++) {
        struct trail *trail = &trails->all[i];
        if (!oldest || trail->used < oldest->used)
            oldest = trail;
    }
    return oldest;
}

/* An empty one. NULL: no memory. */
static struct trail *make_trail(struct trails *trails, uint64_t start, uint64_t end)
{
    struct trail *old;

    if (!trails->all)
        trails->all = calloc(TRAILS_MAX, sizeof(*trails->all));
    if (!trails->all)
        return NULL;
    while ((old = find_overlapping(trails, start, end)))
        trails_drop(trails, old);
    if (trails->count == TRAILS_MAX)
        trails_drop(trails, find_oldest(trails));
    struct trail *trail = &trails->all[trails->count++];
    *trail = (struct trail){ .used = ++trails->uses };
    return trail;
}

/* A step that leaves fp as it is rests on what the steps beyond it rest on. */
static void append(struct trail *trail, struct trail_step step)
{
    const struct trail_step *outer = trail->count ? &trail->steps[trail->count - 1] : NULL;

    if (!step.rests_on_fp && !step.fp_offset && outer && outer->rests_on_fp) {
        step.rests_on_fp = true;
        step.fp = outer->fp;
    }
    trail->steps[trail->count++] = step;
}

static void limit_steps(struct trails *trails)
{
    for (;;) {
        size_t steps = 0;
        for (uint32_t i = 0; i < trails->count; i++)
            steps += trails->all[i].count;
        if (steps <= TRAILS_STEPS_MAX || trails->count == 1)
            return;
        trails_drop(trails, find_oldest(trails));
    }
}

void trails_store(struct trails *trails, struct trail *trail, uint32_t kept,
                  const struct trail_step *steps, uint32_t count, uint64_t number)
{
    if (!trail)
        trail = make_trail(trails, steps[0].sp, steps[count - 1].sp);
    if (!trail)
        return;
    trail->count = kept;
    if (!ARRAY_ROOM_FOR(count, trail->steps, trail->count, trail->capacity)) {
        trails_drop(trails, trail);
        return;
    }
    while (count)
        append(trail, steps[--count]);
    trail->number = number;
    limit_steps(trails);
}
