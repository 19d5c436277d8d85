/* codepaths.c - a hash table by where a path begins and where it leads. */
#include "codepaths.h"

#include <stdlib.h>

#include "symbolizer/unwind/x86_64/codepath.h"

enum { FIRST_SLOTS = 64, PATHS_MAX = 1 << 18 };

struct codepaths {
    struct fact fact;
    struct codepaths_slot {
        uint64_t start; /* 0: free; no code is there */
        uint64_t vaddr; /* 0: the first jump to wherever a register says */
        bool found;
        struct codepath path;
    } * slots;
    size_t slot_count, count;
};

static void destroy(struct fact *fact)
{
    free(((struct codepaths *)fact)->slots);
    free(fact);
}

static struct codepaths_slot *find_slot(const struct codepaths *paths, uint64_t start,
                                        uint64_t vaddr)
{
    size_t mask = paths->slot_count - 1;
    size_t i = (size_t)((start * 0x9e3779b97f4a7c15u ^ vaddr * 0xc2b2ae3d27d4eb4fu) >> 32) & mask;

    while (paths->slots[i].start &&
           (paths->slots[i].start != start || paths->slots[i].vaddr != vaddr))
        i = (i + 1) & mask;
    return &paths->slots[i];
}

/* Makes room for one more; false: no memory, or there are too many. */
static bool grow(struct images *images, struct codepaths *paths)
{
    struct codepaths larger = { .slot_count =
                                    paths->slot_count ? 2 * paths->slot_count : FIRST_SLOTS };

    if (2 * (paths->count + 1) <= paths->slot_count)
        return true;
    if (paths->count > PATHS_MAX || !images_have_room(images))
        return false;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < paths->slot_count; i++) {
        const struct codepaths_slot *slot = &paths->slots[i];
        if (slot->start)
            *find_slot(&larger, slot->start, slot->vaddr) = *slot;
    }
    free(paths->slots);
    paths->slots = larger.slots;
    images->held += (larger.slot_count - paths->slot_count) * sizeof(*larger.slots);
    paths->slot_count = larger.slot_count;
    return true;
}

static bool follow(struct image *image, uint64_t start, uint64_t vaddr, struct codepath *ret)
{
    return vaddr ? codepath_find(image, start, vaddr, ret) : codepath_find_jump(image, start, ret);
}

static bool find(struct images *images, struct image *image, uint64_t start, uint64_t vaddr,
                 unsigned *budget, struct codepath *ret)
{
    struct codepaths *paths = image_fact(image, FACT_PATHS, sizeof(*paths), destroy);

    if (!paths)
        return false;
    struct codepaths_slot *slot = paths->slot_count ? find_slot(paths, start, vaddr) : NULL;

    if (slot && slot->start) {
        *ret = slot->path;
        return slot->found;
    }
    if (!*budget || !start)
        return false;
    --*budget;
    bool found = follow(image, start, vaddr, ret);
    if (grow(images, paths)) {
        *find_slot(paths, start, vaddr) = (struct codepaths_slot){ start, vaddr, found, *ret };
        paths->count++;
    }
    return found;
}

bool codepaths_find(struct images *images, struct image *image, uint64_t start, uint64_t vaddr,
                    unsigned *budget, struct codepath *ret)
{
    *ret = (struct codepath){ 0 };
    return vaddr && find(images, image, start, vaddr, budget, ret);
}

bool codepaths_find_jump(struct images *images, struct image *image, uint64_t start,
                         unsigned *budget, struct codepath *ret)
{
    *ret = (struct codepath){ 0 };
    return find(images, image, start, 0, budget, ret);
}
