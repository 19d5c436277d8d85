/* space.c - reads the map of a process, and what has changed of it. */
#include "space.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/bisect.h"

enum {
    ATTEMPTS_MAX = 8, /* to read a part of the map that changes meanwhile */
};

static struct code *code_create(void)
{
    struct code *code = calloc(1, sizeof(*code));
    if (code)
        code->references = 1;
    return code;
}

/* Forgets all that was learned of addresses. */
static void code_forget(struct code *code)
{
    for (size_t i = 0; i < code->site_count; i++) {
        free(code->sites[i]->guesses);
        free(code->sites[i]);
    }
    free(code->sites);
    code->sites = NULL;
    code->site_count = code->site_capacity = 0;
    slots_deinit(&code->site_slots);
    memo_deinit(&code->memo);
    trails_deinit(&code->trails);
    if (code->tails)
        code->tails_user->destroy(code->tails);
    code->tails = NULL;
}

struct code *code_ref(struct code *code)
{
    code->references++;
    return code;
}

void code_unref(struct code *code)
{
    if (!code || --code->references)
        return;
    code_forget(code);
    formers_deinit(&code->formers);
    free(code->regions);
    free(code);
}

struct space *space_create(void)
{
    struct space *space = calloc(1, sizeof(*space));

    if (!space)
        return NULL;
    *space = (struct space){ .stale = true, .code = code_create() };
    if (!space->code) {
        free(space);
        return NULL;
    }
    return space;
}

struct space *space_fork(const struct space *space)
{
    struct space *copy = malloc(sizeof(*copy));

    if (!copy)
        return NULL;
    *copy = *space;
    code_ref(copy->code);
    return copy;
}

void space_destroy(struct space *space)
{
    if (space)
        code_unref(space->code);
    free(space);
}

void space_forget_stacks(struct space *space, uint64_t version)
{
    struct code *code = space->code;

    memo_deinit(&code->memo);
    trails_deinit(&code->trails);
    code->memo = (struct memo){ 0 };
    code->trails = (struct trails){ 0 };
    code->has_names = false;
    code->names_version = version;
}

/* The first region that ends above `address`. */
static size_t region_index(const struct code *code, uint64_t address)
{
    return BISECT(i, code->region_count, code->regions[i].end <= address);
}

/* The region that ends above `address`, or NULL. */
static const struct region *next_region(const struct code *code, uint64_t address)
{
    size_t index = region_index(code, address);
    return index < code->region_count ? &code->regions[index] : NULL;
}

const struct region *space_find(const struct space *space, uint64_t address)
{
    const struct region *region = next_region(space->code, address);
    return region && region->start <= address ? region : NULL;
}

enum { MEGABYTE = 20, MEGABYTES = 64 * 64 };

static void know_megabytes_of(struct code *code, uint64_t start, uint64_t end)
{
    const uint64_t first = start >> MEGABYTE, last = end >> MEGABYTE;

    for (uint64_t m = first; m <= last && m - first < MEGABYTES; m++)
        code->megabytes[m % MEGABYTES / 64] |= UINT64_C(1) << m % 64;
}

static void know_megabytes(struct code *code)
{
    memset(code->megabytes, 0, sizeof(code->megabytes));
    for (size_t i = 0; i < code->region_count; i++)
        know_megabytes_of(code, code->regions[i].start, code->regions[i].end);
    for (size_t i = 0; i < code->idle_count; i++)
        know_megabytes_of(code, code->idle[i].start, code->idle[i].end);
    code->megabytes_known = true;
}

static bool is_idle(const struct code *code, uint64_t address)
{
    for (size_t i = 0; i < code->idle_count; i++) {
        if (address >= code->idle[i].start && address < code->idle[i].end)
            return true;
    }
    return false;
}

static bool may_be_code(const struct code *code, uint64_t word)
{
    const uint64_t m = word >> MEGABYTE;
    return code->megabytes[m % MEGABYTES / 64] >> m % 64 & 1;
}

bool space_is_idle(const struct space *space, uint64_t address)
{
    return is_idle(space->code, address);
}

size_t space_find_code(const struct space *space, const uint64_t *words, size_t count)
{
    struct code *code = space->code;
    size_t i = 0;

    if (!code->megabytes_known)
        know_megabytes(code);
    while (i < count && !may_be_code(code, words[i]))
        i++;
    return i;
}

bool space_has_code(const struct space *space, uint64_t word)
{
    if (!word || space_find_code(space, &word, 1))
        return false;
    const struct region *region = next_region(space->code, word - 1);
    return (region && region->start <= word) || is_idle(space->code, word - 1);
}

bool space_overlaps(const struct space *space, uint64_t start, uint64_t size)
{
    const struct region *region = next_region(space->code, start);
    uint64_t end = start + size < start ? UINT64_MAX : start + size;

    return region && region->start < end;
}

/* Has nothing taken the place of this memory but such of no file? It may be idle. */
static bool made_code_kept(const struct code *code, const struct region *old)
{
    for (size_t i = region_index(code, old->start); i < code->region_count; i++) {
        if (code->regions[i].start >= old->end)
            break;
        if (code->regions[i].image || code->regions[i].pending)
            return false;
    }
    return true;
}

/* Is all of `old` still mapped, from the same bytes, in one region of `code`? */
static bool region_kept(const struct code *code, const struct region *old)
{
    const struct region *r = next_region(code, old->start);

    if (!old->image && !old->pending)
        return made_code_kept(code, old);
    return r && r->start <= old->start && r->end >= old->end && r->image == old->image &&
           r->writable == old->writable &&
           (!r->image || r->start - r->offset == old->start - old->offset);
}

/* May it have other code now? Of [anon] nothing was learned that could be wrong by that, unless it
 * was found to be a file's. */
static bool region_rewritten(const struct code *code, const struct region *region,
                             const struct range *changed)
{
    return region->start < changed->end && region->end > changed->start &&
           (region->image || formers_overlap(&code->formers, region->start, region->end));
}

/* Was anything learned of the region? */
static bool region_known(const struct code *code, const struct region *region)
{
    for (size_t i = 0; i < code->site_count; i++) {
        const struct site *site = code->sites[i];
        if (site->address >= region->start && site->address < region->end)
            return true;
    }
    return false;
}

/* The region of the old map at exactly this mapping, whose image need not be looked for again. */
static const struct region *region_same(const struct code *code, const struct mapping *m)
{
    const struct region *r = next_region(code, m->start);

    return r && r->start == m->start && r->end == m->end && r->offset == m->offset &&
                   r->device == m->device && r->inode == m->inode
               ? r
               : NULL;
}

static int append_region(struct code *code, size_t *capacity, const struct region *region)
{
    if (!ARRAY_ROOM(code->regions, code->region_count, *capacity))
        return -ENOMEM;
    code->regions[code->region_count++] = *region;
    return 0;
}

/* A map that is being read. */
struct reading {
    const struct code *old;
    struct code *code; /* filled in the order of addresses */
    size_t capacity;
    struct images *images;
    const struct target *target;
    struct mapping file; /* that was met last in the text of the map; no inode: none */
    bool pending;        /* an image is being fetched */
};

/* Where this address was in a file's mapping, by the old map and those before it. False: in none.
 */
static bool find_former(const struct code *old, uint64_t address, struct former *ret)
{
    const struct region *region = next_region(old, address);
    const struct former *former = formers_find(&old->formers, address);

    if (region && region->start <= address && region->image)
        *ret = (struct former){ region->start, region->end, region->offset, region->image };
    else if (former)
        *ret = *former;
    return former || (region && region->start <= address && region->image);
}

/* Has the mapping no file but one without a name, as memory on huge pages has, and begins with what
 * was there before? */
static bool is_moved(const struct reading *r, const struct mapping *m)
{
    static const char deleted[] = " (deleted)";
    const size_t suffix = sizeof(deleted) - 1;
    struct former former;

    return m->inode && m->path_length > suffix &&
           !memcmp(m->path + m->path_length - suffix, deleted, suffix) &&
           find_former(r->old, m->start, &former) &&
           (former.image->device != m->device || former.image->inode != m->inode) &&
           former_compare(&former, r->target, m->start) == FORMER_KEPT;
}

/* Has the image code that belongs where this mapping is, if its file is mapped as here? 0 or
 * -ENOMEM. */
static int add_formers(struct reading *r, const struct mapping *file, struct image *image,
                       const struct mapping *m)
{
    uint64_t vaddr;
    int error = 0;

    if (!image_vaddr(image, file->offset, &vaddr))
        return 0;
    for (size_t i = 0; i < image->segment_count && !error; i++) {
        const struct segment *s = &image->segments[i];
        uint64_t start = file->start - vaddr + s->vaddr;
        if (s->executable && start < m->end && start + s->size > m->start)
            error = formers_add(&r->code->formers,
                                (struct former){ start, start + s->size, s->offset, image });
    }
    return error;
}

/* Text may have been moved before we came: then the rest of the file is mapped before it still. */
static int infer_former(struct reading *r, const struct mapping *m)
{
    struct image *image;
    int result = 0;

    bool nameless = !m->path_length || *m->path == '/'; /* the kernel's have names: [vsyscall] */
    if (!r->old->region_count && r->file.inode && nameless)
        result = images_load(r->images, r->target, &r->file, &image);
    if (result <= 0)
        return result;
    image->module.loads--; /* it was only asked for */
    return add_formers(r, &r->file, image, m);
}

static int add_mapping(struct reading *r, const struct mapping *m)
{
    struct region region = { .start = m->start,
                             .end = m->end,
                             .offset = m->offset,
                             .device = m->device,
                             .inode = m->inode,
                             .writable = m->writable };
    const struct region *same = region_same(r->old, m);
    int result = 0;

    if (same && !same->pending)
        region.image = same->image;
    else if (!is_moved(r, m))
        result = images_load(r->images, r->target, m, &region.image);
    if (!result && !region.image)
        result = infer_former(r, m);
    if (result == -EINPROGRESS) {
        region.pending = r->pending = true;
        result = 0;
    }
    return result < 0 ? result : append_region(r->code, &r->capacity, &region);
}

/* All executable mappings, from the text of the map. 0 or negative errno. */
static int read_all_regions(struct reading *r)
{
    struct mapping m;
    char *text;
    int result = r->target->read_maps(r->target->context, &text);

    if (result < 0)
        return result;
    const char *next = text;
    while ((result = maps_next(&next, &m)) > 0) {
        if (m.executable && (result = add_mapping(r, &m)) < 0)
            break;
        if (m.path_length && *m.path == '/')
            r->file = m;
    }
    free(text);
    return result;
}

/* Makes the range as long as what overlaps it in the old map: what is left of a mapping that was
 * split is to be found, too. */
static void widen(const struct code *old, struct range *range)
{
    size_t first = region_index(old, range->start), end = first;

    while (end < old->region_count && old->regions[end].start < range->end)
        end++;
    if (end == first)
        return;
    if (old->regions[first].start < range->start)
        range->start = old->regions[first].start;
    if (old->regions[end - 1].end > range->end)
        range->end = old->regions[end - 1].end;
}

/* Adds the executable mappings in a range, as the kernel has them now, and makes it as long as they
 * reach: one that has grown may have taken in its neighbours. */
static int read_range(struct reading *r, struct range *range)
{
    const struct range asked = *range;
    struct mapping m;
    int result;

    for (uint64_t at = asked.start; at < asked.end; at = m.end) {
        result = r->target->find_code(r->target->context, at, &m);
        if (result <= 0 || m.start >= asked.end || m.end <= at)
            return result < 0 ? result : 0;
        range->start = m.start < range->start ? m.start : range->start;
        range->end = m.end > range->end ? m.end : range->end;
        if ((result = add_mapping(r, &m)) < 0)
            return result;
    }
    return 0;
}

/* The old map with a range of it as it is now. 0; -EAGAIN: it changes all the time; or another
 * negative errno. */
static int read_changed_regions(struct reading *r, struct range range)
{
    struct code found = { 0 };
    struct reading there = *r;
    struct range reach = { 0, 0 };
    size_t i = 0;
    int result = 0;

    there.code = &found;
    for (int attempt = 0; !result && (reach.start != range.start || reach.end != range.end);
         attempt++) {
        if (attempt)
            range = reach;
        widen(r->old, &range);
        reach = range;
        found.region_count = 0;
        result = attempt < ATTEMPTS_MAX ? read_range(&there, &reach) : -EAGAIN;
    }
    for (; i < r->old->region_count && r->old->regions[i].end <= range.start && !result; i++)
        result = append_region(r->code, &r->capacity, &r->old->regions[i]);
    for (size_t f = 0; f < found.region_count && !result; f++)
        result = append_region(r->code, &r->capacity, &found.regions[f]);
    for (; i < r->old->region_count && !result; i++) {
        if (r->old->regions[i].start >= range.end)
            result = append_region(r->code, &r->capacity, &r->old->regions[i]);
    }
    free(found.regions);
    r->pending |= there.pending;
    return result;
}

/* Adds memory that may be idle, as far as nothing executable is there by the new map. */
static void add_idle(struct code *code, uint64_t start, uint64_t end)
{
    for (size_t i = region_index(code, start); start < end; i++) {
        const struct region *next = i < code->region_count ? &code->regions[i] : NULL;
        const uint64_t gap_end = next && next->start < end ? next->start : end;
        if (gap_end > start && code->idle_count == IDLE_MAX)
            memmove(code->idle, code->idle + 1, --code->idle_count * sizeof(*code->idle));
        if (gap_end > start)
            code->idle[code->idle_count++] = (struct idle){ start, gap_end };
        start = next ? next->end : end;
    }
}

/* Notes in the new map which memory of the old one is idle now. */
static void keep_idle(struct code *code, const struct code *old)
{
    for (size_t i = 0; i < old->idle_count; i++)
        add_idle(code, old->idle[i].start, old->idle[i].end);
    for (size_t i = 0; i < old->region_count; i++) {
        if (!old->regions[i].image && !old->regions[i].pending)
            add_idle(code, old->regions[i].start, old->regions[i].end);
    }
}

/* Does what was learned by the old map hold for the new one? */
static bool still_holds(const struct space *space, const struct code *code)
{
    const struct code *old = space->code;

    for (size_t i = 0; i < old->region_count; i++) {
        const struct region *region = &old->regions[i];
        if ((!region_kept(code, region) || region_rewritten(old, region, &space->changed)) &&
            region_known(old, region))
            return false;
    }
    return true;
}

/* Is this part of its file mapped in the new map, here or elsewhere? */
static bool is_mapped(const struct code *code, const struct region *old)
{
    for (size_t i = 0; i < code->region_count; i++) {
        const struct region *r = &code->regions[i];
        if (r->image == old->image && r->offset <= old->offset &&
            r->end - r->start + r->offset >= old->end - old->start + old->offset)
            return true;
    }
    return false;
}

/* Notes in the new map what the old one had of files. 0 or -ENOMEM. */
static int keep_formers(struct code *code, const struct code *old)
{
    int error = formers_add_all(&code->formers, &old->formers);

    for (size_t i = 0; i < old->region_count && !error; i++) {
        const struct region *r = &old->regions[i];
        if (r->image && !is_mapped(code, r))
            error = formers_add(&code->formers,
                                (struct former){ r->start, r->end, r->offset, r->image });
    }
    return error;
}

/* Puts a newly read map in the place of the old one, and keeps what was learned, if it can. */
static void replace_code(struct space *space, struct code *code, bool holds)
{
    struct code *old = space->code;

    if (holds && old->references == 1) {
        struct region *regions = old->regions;
        struct formers formers = old->formers;
        old->regions = code->regions;
        old->region_count = code->region_count;
        old->megabytes_known = false;
        old->formers = code->formers;
        memcpy(old->idle, code->idle, sizeof(old->idle));
        old->idle_count = code->idle_count;
        code->regions = regions;
        code->formers = formers;
        code_unref(code);
    } else {
        code_unref(old);
        space->code = code;
    }
}

/* Was the code left as it is? Then its sharers may keep on sharing. */
static bool same_regions(const struct code *a, const struct code *b)
{
    return a->region_count == b->region_count &&
           (!a->region_count ||
            !memcmp(a->regions, b->regions, a->region_count * sizeof(*a->regions)));
}

void space_changed(struct space *space, uint64_t start, uint64_t size)
{
    struct range *range = &space->changed;
    uint64_t end = start + size < start ? UINT64_MAX : start + size;
    bool none = range->start >= range->end;

    space->stale |= !size;
    range->start = none || start < range->start ? start : range->start;
    range->end = none || end > range->end ? end : range->end;
}

/* Only what has changed, if that is known and the kernel tells; else all. */
static int read_regions(const struct space *space, struct reading *r)
{
    int result = -ENOTTY;

    if (!space->stale && r->target->find_code)
        result = read_changed_regions(r, space->changed);
    if (result == -ENOTTY || result == -EAGAIN) {
        r->code->region_count = 0;
        result = read_all_regions(r);
    }
    return result;
}

int space_update(struct space *space, struct images *images, const struct target *target)
{
    struct reading reading = { .old = space->code, .images = images, .target = target };

    if (!space->stale && space->changed.start >= space->changed.end)
        return 0;
    reading.code = code_create();
    space->error = reading.code ? read_regions(space, &reading) : -ENOMEM;
    if (!space->error)
        space->error = keep_formers(reading.code, space->code);
    if (!space->error)
        keep_idle(reading.code, space->code);
    bool holds = !space->error && still_holds(space, reading.code) &&
                 !(space->code->tails &&
                   space->code->tails_user->disturbed(images, space->code, reading.code));
    if (space->error < 0 || (holds && same_regions(reading.code, space->code)))
        code_unref(reading.code);
    else
        replace_code(space, reading.code, holds);
    space->stale = space->error < 0 || reading.pending;
    space->changed = (struct range){ 0, 0 };
    return space->error;
}
