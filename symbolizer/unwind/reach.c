/*
 * reach.c - goes from each image that is no runtime library to all functions of those that it
 * leaves to by name, and from these by their own jumps to further ones, as often as there is one
 * that is new.
 */
#include "reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/bisect.h"
#include "record/array.h"
#include "symbolizer/processor/callcode.h"
#include "symbolizer/unwind/exits.h"
#include "symbolizer/unwind/jumps.h"
#include "record/library.h"
#include "symbolizer/image/links.h"

/* A function that is to be looked at. */
struct place_ahead {
    struct image *image;
    uint64_t vaddr;
    unsigned way; /* by which it was reached */
};

enum {
    REACHED_MAX = 1 << 16, /* functions; if there are more, any may be left to */
    OFFERED_MAX = 64,      /* functions of one name in one library; likewise */
};

/* What one image leaves to. */
struct walk {
    struct reach *reach;
    struct images *images;
    struct image *by;
    struct place_ahead *ahead;
    size_t ahead_count, ahead_capacity;
    unsigned way; /* by which it is going */
    bool grown, failed;
};

void reach_deinit(struct reach *reach)
{
    free(reach->members);
    free(reach->all);
    *reach = (struct reach){ 0 };
}

/* With any one of the images for the C library, beside which conversions are known by their place.
 */
static bool find_runtime(const struct images *images, const struct image *image)
{
    static const struct runtime_libraries builtin;

    for (size_t i = 0; i < images->count; i++) {
        const struct library_run run = { &images->images[i]->module, 1 };
        if (library_is_runtime(&builtin, &run, &image->module))
            return true;
    }
    return false;
}

struct runtime_fact {
    struct fact fact;
    bool runtime;
};

bool reach_is_runtime(const struct images *images, struct image *image)
{
    bool known = image->facts[FACT_RUNTIME];
    struct runtime_fact *fact = image_fact(image, FACT_RUNTIME, sizeof(*fact), NULL);

    if (!fact)
        return find_runtime(images, image);
    if (!known)
        fact->runtime = find_runtime(images, image);
    return fact->runtime;
}

bool reach_may_have_parts(struct images *images, struct image *image)
{
    const struct links *links = links_find(images, image);
    return !links || links->may_have_parts;
}

int reach_add(struct reach *reach, struct images *images, struct image *image)
{
    size_t at = BISECT(i, reach->member_count, reach->members[i].image < image);

    if (at < reach->member_count && reach->members[at].image == image)
        return 0;
    if (!ARRAY_ROOM(reach->members, reach->member_count, reach->member_capacity))
        return -ENOMEM;
    memmove(reach->members + at + 1, reach->members + at,
            (reach->member_count++ - at) * sizeof(*reach->members));
    reach->members[at] = (struct reach_member){ image, reach_is_runtime(images, image), false };
    reach->unfollowed = true;
    return 0;
}

/* ---- What is reached ---- */

/* Where it is, or would be. */
static size_t place_of(const struct reach *reach, const struct image *image, uint64_t vaddr)
{
    const struct reached *all = reach->all;

    return BISECT(i, reach->count,
                  all[i].image < image || (all[i].image == image && all[i].vaddr < vaddr));
}

static struct reached *find_reached(const struct reach *reach, const struct image *image,
                                    uint64_t vaddr)
{
    size_t at = place_of(reach, image, vaddr);

    if (at == reach->count || reach->all[at].image != image || reach->all[at].vaddr != vaddr)
        return NULL;
    return &reach->all[at];
}

static bool insert(struct reach *reach, struct reached new)
{
    size_t at = place_of(reach, new.image, new.vaddr);

    if (!ARRAY_ROOM(reach->all, reach->count, reach->capacity))
        return false;
    memmove(reach->all + at + 1, reach->all + at, (reach->count++ - at) * sizeof(*reach->all));
    reach->all[at] = new;
    return true;
}

/* False: that is known already, and so is what follows from it. */
static bool note(struct walk *walk, const struct image *image, uint64_t vaddr)
{
    struct reached *r = find_reached(walk->reach, image, vaddr);
    struct reached new = { image, vaddr, walk->by, false, walk->way };

    if (r && (r->several || r->by == walk->by) && (r->ways & walk->way))
        return false;
    if (r) {
        r->several |= r->by != walk->by;
        r->ways |= walk->way;
    } else {
        walk->failed |= !insert(walk->reach, new);
    }
    walk->grown = true;
    return !walk->failed;
}

static void go_to(struct walk *walk, struct image *image, uint64_t vaddr)
{
    const struct cfi *tables;
    struct fde fde;

    if (!image_find_fde(image, vaddr, &tables, &fde))
        vaddr = fde.start;
    if (walk->reach->count >= REACHED_MAX) {
        note(walk, image, REACH_ANY);
        return;
    }
    if (!note(walk, image, vaddr))
        return;
    if (ARRAY_ROOM(walk->ahead, walk->ahead_count, walk->ahead_capacity))
        walk->ahead[walk->ahead_count++] = (struct place_ahead){ image, vaddr, walk->way };
    else
        walk->failed = true;
}

/* Which of the runtime libraries has it, is not asked: any may. */
static void go_to_name(struct walk *walk, uint64_t name)
{
    const struct export *exports;

    for (size_t m = 0; m < walk->reach->member_count; m++) {
        const struct reach_member *member = &walk->reach->members[m];
        int64_t count =
            member->runtime ? links_offered(walk->images, member->image, name, &exports) : 0;
        if (count < 0 || count > OFFERED_MAX)
            note(walk, member->image, REACH_ANY);
        for (int64_t i = 0; i < count && count <= OFFERED_MAX; i++)
            go_to(walk, member->image, exports[i].vaddr);
    }
}

/* A slot without a name gets the address of one of several functions of the library itself that do
 * the same, for various processors (IRELATIVE): these make no system calls. */
static void go_through_slot(struct walk *walk, struct image *image, uint64_t slot)
{
    const struct links *links = links_find(walk->images, image);
    const struct import *import = links ? links_import(links, slot) : NULL;

    if (import)
        go_to_name(walk, import->name);
}

static struct callcode stub_at(const struct image *image, uint64_t vaddr)
{
    uint8_t bytes[STUB_BYTES];
    uint64_t offset;

    return image_offset(image, vaddr, &offset) && image_bytes(image, offset, bytes, sizeof(bytes))
               ? callcode_decode_stub(bytes, vaddr)
               : (struct callcode){ CALLCODE_NONE, 0 };
}

static void go_out(struct walk *walk, struct image *image, const struct exit *exit)
{
    struct callcode stub = exit->slot ? (struct callcode){ CALLCODE_SLOT, exit->target }
                                      : stub_at(image, exit->target);

    if (stub.kind == CALLCODE_SLOT)
        go_through_slot(walk, image, stub.address);
    else
        go_to(walk, image, exit->target);
}

/* A computed jump may be one to any function of the library that its data point to. (That somebody
 * left by a computed jump to one that leaves by another is not thought of: each program that has
 * the address of fopen might.) */
static void go_to_pointers(struct walk *walk, struct image *image)
{
    const uint64_t *pointers;
    int64_t count = links_pointers(walk->images, image, &pointers);
    const struct cfi *tables;
    struct fde fde;

    walk->way = REACH_BY_POINTER;
    if (!note(walk, image, REACH_POINTERS))
        return;
    if (count < 0)
        note(walk, image, REACH_ANY);
    for (int64_t i = 0; i < count; i++) {
        if (!image_find_fde(image, pointers[i], &tables, &fde) && fde.start == pointers[i])
            go_to(walk, image, pointers[i]);
    }
}

static void look_at(struct walk *walk, struct place_ahead place)
{
    const struct exits *exits = exits_find(walk->images, place.image, place.vaddr);

    walk->way = place.way;
    if (!exits || exits->unknown)
        note(walk, place.image, REACH_ANY);
    for (uint32_t i = 0; exits && i < exits->count; i++)
        go_out(walk, place.image, &exits->all[i]);
    if (exits && exits->computed && place.way != REACH_BY_ADDRESS)
        go_to_pointers(walk, place.image);
}

/* By jumps, or else by the addresses that it has. */
static void follow(struct walk *walk, const struct links *links, const struct jumps *jumps,
                   unsigned way)
{
    uint64_t last = 0; /* relocations of one name often follow each other */

    for (size_t i = 0; i < links->import_count; i++) {
        const struct import *import = &links->imports[i];
        walk->way = way;
        if (!(way == REACH_BY_JUMP ? jumps->imports[i].left : import->taken) ||
            import->name == last)
            continue;
        go_to_name(walk, import->name);
        last = import->name;
    }
    while (walk->ahead_count && !walk->failed)
        look_at(walk, walk->ahead[--walk->ahead_count]);
}

static void follow_image(struct walk *walk)
{
    const struct links *links = links_find(walk->images, walk->by);
    const struct jumps *jumps = jumps_find(walk->images, walk->by);

    if (links && jumps) {
        follow(walk, links, jumps, REACH_BY_JUMP);
        follow(walk, links, jumps, REACH_BY_ADDRESS);
    } else {
        walk->way = REACH_BY_JUMP;
        note(walk, NULL, REACH_ANY);
    }
}

/* With a new runtime library, what is left to by the name of one of its functions may be another
 * than before. */
static void follow_all_again(struct reach *reach)
{
    bool again = false;

    for (size_t i = 0; i < reach->member_count; i++) {
        again |= reach->members[i].runtime && !reach->members[i].followed;
        reach->members[i].followed |= reach->members[i].runtime;
    }
    for (size_t i = 0; i < reach->member_count && again; i++)
        reach->members[i].followed = reach->members[i].runtime;
    if (again)
        reach->count = 0;
}

int reach_follow(struct reach *reach, struct images *images)
{
    struct walk walk = { .reach = reach, .images = images };

    if (!reach->unfollowed)
        return 0;
    follow_all_again(reach);
    for (size_t i = 0; i < reach->member_count && !walk.failed; i++) {
        walk.by = reach->members[i].image;
        if (!reach->members[i].followed)
            follow_image(&walk);
        reach->members[i].followed = true;
    }
    free(walk.ahead);
    reach->unfollowed = walk.failed;
    if (walk.failed) { /* it must all be done again */
        reach->count = 0;
        for (size_t i = 0; i < reach->member_count; i++)
            reach->members[i].followed = false;
    }
    return walk.failed ? -ENOMEM : walk.grown;
}

bool reach_by_others(const struct reach *reach, struct images *images, const struct image *image,
                     uint64_t vaddr, struct image *caller)
{
    const struct reached *all[] = { find_reached(reach, image, vaddr),
                                    find_reached(reach, image, REACH_ANY),
                                    find_reached(reach, NULL, REACH_ANY) };
    bool runtime = caller && reach_is_runtime(images, caller);

    for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
        const struct reached *r = all[i];
        unsigned ways = r ? r->ways : 0;
        if (runtime)
            ways &= ~(unsigned)REACH_BY_POINTER;
        if (r && !r->several && r->by == caller)
            ways = reach_may_have_parts(images, caller) ? ways & ~(unsigned)REACH_BY_ADDRESS : 0;
        if (ways)
            return true;
    }
    return false;
}
