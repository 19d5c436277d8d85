/* codepaths.c - a list, indexed by where a path begins and where it leads. */
#include "codepaths.h"

#include <stdlib.h>

#include "record/array.h"
#include "record/slots.h"
#include "symbolizer/unwind/codepath.h"

enum { PATHS_MAX = 1 << 18 };

struct codepaths {
    struct fact fact;
    struct known_path {
        uint64_t start;
        uint64_t vaddr; /* 0: the first jump to wherever a register says */
        bool found;
        struct codepath path;
    } * all;
    size_t count, capacity;
    struct slots slots;
};

static void deinit(struct fact *fact)
{
    struct codepaths *paths = (struct codepaths *)fact;

    free(paths->all);
    slots_deinit(&paths->slots);
}

static uint64_t hash_ends(uint64_t start, uint64_t vaddr)
{
    return slots_mix(slots_mix(0, start), vaddr);
}

/* Unless there is no memory, or there are too many. */
static void keep(struct images *images, struct codepaths *paths, struct known_path path)
{
    const size_t capacity = paths->capacity, slots = paths->slots.size;

    if (paths->count > PATHS_MAX || !images_have_room(images) ||
        !ARRAY_ROOM(paths->all, paths->count, paths->capacity) ||
        slots_add(&paths->slots, hash_ends(path.start, path.vaddr), (uint32_t)paths->count))
        return;
    paths->all[paths->count++] = path;
    images->held += (paths->capacity - capacity) * sizeof(*paths->all) +
                    (paths->slots.size - slots) * sizeof(*paths->slots.all);
}

static bool follow(struct image *image, uint64_t start, uint64_t vaddr, struct codepath *ret)
{
    return vaddr ? codepath_find(image, start, vaddr, ret) : codepath_find_jump(image, start, ret);
}

static bool find(struct images *images, struct image *image, uint64_t start, uint64_t vaddr,
                 unsigned *budget, struct codepath *ret)
{
    struct codepaths *paths = image_fact(image, FACT_PATHS, sizeof(*paths), deinit);

    if (!paths)
        return false;
    uint32_t known = SLOTS_FIND(i, &paths->slots, hash_ends(start, vaddr),
                                paths->all[i].start == start && paths->all[i].vaddr == vaddr);

    if (known != SLOTS_NONE) {
        *ret = paths->all[known].path;
        return paths->all[known].found;
    }
    if (!*budget || !start)
        return false;
    --*budget;
    bool found = follow(image, start, vaddr, ret);
    keep(images, paths, (struct known_path){ start, vaddr, found, *ret });
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
