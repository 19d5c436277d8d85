/* space.c - keeps the executable mappings of an address space and caches facts about its code. */
#include "space.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "symbolizer/x86_64/call.h"
#include "symbolizer/image/go/gorow.h"
#include "symbolizer/unwind/tails.h"

enum {
    ATTEMPTS_MAX = 8, /* to read a part of the map that changes meanwhile */
    FIRST_SITES = 256,
    /* The longest start code without unwind information: ld.so's _start and _dl_start_user are 61
       bytes. */
    ENTRY_GAP_MAX = 128,
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
    for (size_t i = 0; i < code->site_slots; i++) {
        if (code->sites[i])
            free(code->sites[i]->guesses);
        free(code->sites[i]);
    }
    free(code->sites);
    code->sites = NULL;
    code->site_count = code->site_slots = 0;
    memo_deinit(&code->memo);
    trails_deinit(&code->trails);
    tails_destroy(code->tails);
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
    size_t low = 0, high = code->region_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code->regions[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
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
    for (size_t i = 0; i < code->site_slots; i++) {
        const struct site *site = code->sites[i];
        if (site && site->address >= region->start && site->address < region->end)
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
    if (code->region_count == *capacity) {
        size_t larger = *capacity ? 2 * *capacity : 16;
        struct region *regions = reallocarray(code->regions, larger, sizeof(*regions));
        if (!regions)
            return -ENOMEM;
        code->regions = regions;
        *capacity = larger;
    }
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
        if (!old->regions[i].image)
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
                 !tails_disturbed(images, space->code, reading.code);
    if (space->error < 0 || (holds && same_regions(reading.code, space->code)))
        code_unref(reading.code);
    else
        replace_code(space, reading.code, holds);
    space->stale = space->error < 0 || reading.pending;
    space->changed = (struct range){ 0, 0 };
    return space->error;
}

/* What Go's table of the image says about it. False: nothing. */
static bool describe_go(struct site *site, uint64_t vaddr)
{
    struct go_row go;

    if (!go_row_find(site->image, vaddr, &go))
        return false;
    site->go = true;
    site->cfi = go.row.kind == ROW_BAD ? SITE_BAD_CFI : SITE_COVERED;
    site->start = site->bias + go.start;
    site->end = site->bias + go.end;
    site->signal = go.signal;
    site->uncalled = go.uncalled;
    site->entry = site->image->entry >= go.start && site->image->entry < go.end;
    site->row = go.row;
    return true;
}

/* Is the system call at the end of this code at `offset`, or does the code begin just behind? */
static bool is_at_syscall(const struct image *image, uint64_t offset, const uint8_t *code,
                          size_t size)
{
    uint8_t bytes[16];

    assert(size <= sizeof(bytes));
    return (image_bytes(image, offset - (size - 2), bytes, size) && !memcmp(bytes, code, size)) ||
           (image_bytes(image, offset + 1, bytes, size) && !memcmp(bytes, code, size));
}

/*
 * Is `vaddr` in a signal frame's trampoline that has no unwind entry (musl's): mov $15 to %rax
 * or %eax; syscall? Or just before it, where the call would be that a return to it comes from.
 */
static bool is_trampoline(const struct image *image, uint64_t offset)
{
    static const uint8_t code[] = { 0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05 };
    static const uint8_t wide_code[] = { 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05 };

    return is_at_syscall(image, offset, code, sizeof(code)) ||
           is_at_syscall(image, offset, wide_code, sizeof(wide_code));
}

/* What there is to say of an address that no unwind entry covers. */
static void describe_uncovered(struct site *site, uint64_t vaddr)
{
    struct image *image = site->image;
    const struct cfi *tables;
    struct fde fde;
    struct codepath path;

    if (is_trampoline(image, site->offset)) {
        site->cfi = SITE_COVERED;
        site->signal = site->uncalled = true;
        site->row.kind = ROW_SIGNAL;
    } else if (vaddr >= image->entry && vaddr - image->entry < ENTRY_GAP_MAX &&
               vaddr < cfi_next_start(&image->cfi, image->entry) &&
               vaddr < cfi_next_start(&image->debug, image->entry) &&
               image_find_fde(image, image->entry, &tables, &fde) == -ENOENT &&
               codepath_find(image, image->entry, vaddr, &path)) {
        site->cfi = SITE_ENTRY;
        site->entry = true;
    }
}

/* What the unwind tables of the image say about an address. */
static void describe(struct site *site)
{
    struct image *image = site->image;
    uint64_t vaddr;
    struct fde fde;

    site->cfi = SITE_NO_CFI;
    if (!image || !image_vaddr(image, site->offset, &vaddr))
        return;
    site->bias = site->address - vaddr;
    if (describe_go(site, vaddr))
        return;
    int found = image_find_fde(image, vaddr, &site->tables, &fde);
    if (!found) {
        site->cfi = SITE_COVERED;
        site->start = site->bias + fde.start;
        site->end = site->bias + fde.end;
        site->signal = site->uncalled = fde.signal;
        site->entry = image->entry >= fde.start && image->entry < fde.end;
        site->row = rows_find(&image->rows, &fde, vaddr);
    } else if (found == -EINVAL) {
        site->cfi = SITE_BAD_CFI;
    } else if (fde.end == vaddr) {
        site->cfi = SITE_AT_END;
        site->start = site->bias + fde.start;
        site->end = site->bias + fde.end;
        site->row = rows_find(&image->rows, &fde, vaddr - 1);
    } else {
        describe_uncovered(site, vaddr);
    }
    if (site->row.kind == ROW_BAD)
        site->cfi = SITE_BAD_CFI;
}

static size_t site_slot(const struct code *code, uint64_t address)
{
    size_t mask = code->site_slots - 1;
    size_t slot = (size_t)((address * 0x9e3779b97f4a7c15u) >> 32) & mask;

    while (code->sites[slot] && code->sites[slot]->address != address)
        slot = (slot + 1) & mask;
    return slot;
}

static int grow_sites(struct code *code)
{
    struct code larger = { .site_slots = code->site_slots ? 2 * code->site_slots : FIRST_SITES };

    larger.sites = calloc(larger.site_slots, sizeof(*larger.sites));
    if (!larger.sites)
        return -ENOMEM;
    for (size_t i = 0; i < code->site_slots; i++) {
        if (code->sites[i])
            larger.sites[site_slot(&larger, code->sites[i]->address)] = code->sites[i];
    }
    free(code->sites);
    code->sites = larger.sites;
    code->site_slots = larger.site_slots;
    return 0;
}

struct site *space_known_site(const struct space *space, uint64_t address)
{
    const struct code *code = space->code;

    return code->site_slots ? code->sites[site_slot(code, address)] : NULL;
}

/* The image whose code is at an address of a region, and its offset there. NULL: [anon]. */
static struct image *find_image(const struct space *space, const struct target *target,
                                const struct region *region, uint64_t address, uint64_t *offset)
{
    struct former here = { region->start, region->end, region->offset, region->image };
    const struct former *former = region->image      ? &here
                                  : region->writable ? NULL
                                                     : formers_find(&space->code->formers, address);
    enum former_answer answer = !former || (region->image && !region->image->copied)
                                    ? FORMER_KEPT
                                    : former_compare(former, target, address);

    *offset = address;
    /* Of a copy of a file only what is known to be otherwise is not believed. */
    if (!former || answer == FORMER_CHANGED || (answer == FORMER_UNKNOWN && !region->image))
        return NULL;
    *offset = address - former->start + former->offset;
    return former->image;
}

struct site *space_site(struct space *space, const struct target *target, uint64_t address)
{
    struct code *code = space->code;
    struct site *known = space_known_site(space, address);

    if (known)
        return known;
    static const struct region idle = { .writable = true };
    const struct region *found = space_find(space, address);
    const struct region *region = found ? found : is_idle(code, address) ? &idle : NULL;
    if (!region || region->pending ||
        (2 * (code->site_count + 1) > code->site_slots && grow_sites(code) < 0))
        return NULL;
    struct site *site = calloc(1, sizeof(*site));
    if (!site)
        return NULL;
    site->address = address;
    site->writable = region->writable;
    site->image = find_image(space, target, region, address, &site->offset);
    describe(site);
    code->sites[site_slot(code, address)] = site;
    code->site_count++;
    return site;
}

int space_failure(const struct space *space, uint64_t address)
{
    const struct region *region = space_find(space, address);
    return !region ? 0 : region->pending ? -EINPROGRESS : -ENOMEM;
}

/*
 * Reads all of a few bytes of code, at a site or just before it. While nothing can write there, it
 * stays as it is: as long as the map does, by the same reason as what is known of the site. A page
 * before that of the site may lie in another mapping.
 */
static int read_code(struct space *space, const struct target *target, struct codepages *pages,
                     const struct site *site, uint64_t address, void *buffer, size_t size)
{
    int error =
        site->writable || !site->image || address / CODE_PAGE != site->address / CODE_PAGE
            ? target_read_all(target, address, buffer, size)
            : codepages_read(pages, &space->code->pages_owner, target, address, buffer, size);
    /* What is not in memory of it could only be read by its server. */
    if (error == -EFAULT && site->image && site->image->copied && !site->writable &&
        space_find(space, address) == space_find(space, site->address) &&
        image_bytes(site->image, site->offset + (address - site->address), buffer, size))
        return 0;
    return error;
}

/*
 * Is this direct target a PLT stub, whose slot names the function? One unwind entry covers a whole
 * PLT section, of 8 or 16 bytes a stub. A function that is nothing but `jmp *slot(%rip)` looks the
 * same (a library's `return close(fd)` built with -fno-plt), but its own entry is 6, 10 or 11 bytes
 * long.
 */
static bool is_stub(const struct site *target)
{
    return target->address != target->start || (target->end - target->start) % 8 == 0;
}

/* Does the slot keep what it has? A GOT entry does, which the loader made read-only; a variable
 * that holds a function pointer is called by the same instruction, but by now it may name another
 * function. */
static bool is_constant(const struct site *site, uint64_t slot)
{
    uint64_t vaddr = slot - site->bias;
    const struct image *image = site->image; /* of code made at run time nothing is constant */
    return image && vaddr >= image->relro_start && vaddr < image->relro_end;
}

/* The site of a function that is called, NULL if it is not mapped. 0, or as space_failure. */
static int find_callee(struct space *space, const struct target *target, uint64_t function,
                       const struct site **ret)
{
    *ret = space_site(space, target, function);
    return *ret ? 0 : space_failure(space, function);
}

/* Is there a function at the target of a call in `caller`? Its unwind entry says so; what is called
 * in another image is taken for one. */
static bool is_function(const struct site *target, const struct image *caller)
{
    return target->image && (target->start == target->address || target->image != caller);
}

/* Is this a stub, perhaps? A slot may have the address of one, too: of the executable's, if that
 * takes the address of the function and is not position-independent. */
static bool may_be_stub(const struct named *named)
{
    return named->callee && is_stub(named->callee) && (!named->by_slot || !named->callee->bias);
}

/* Follows a PLT stub to what its slot has. A slot that is not bound yet leads back to its own
 * image, to where the loader is called. 0 or a negative error of reading. */
static int follow_stub(struct space *space, const struct target *target, struct codepages *pages,
                       struct named *named)
{
    uint8_t bytes[STUB_BYTES];
    const struct image *image = named->callee->image;
    int error =
        read_code(space, target, pages, named->callee, named->address, bytes, sizeof(bytes));
    struct call call = error ? (struct call){ 0 } : call_decode_stub(bytes, named->address);

    if (error == -EFAULT) /* at the end of the code there is no stub */
        return 0;
    if (error || call.kind != CALL_SLOT)
        return error;
    *named = (struct named){ .stub = named->stub ? named->stub : named->address, .by_slot = true };
    error = target_read_all(target, call.address, &named->address, sizeof(named->address));
    if (!error)
        error = find_callee(space, target, named->address, &named->callee);
    if (named->callee && !is_function(named->callee, image))
        named->callee = NULL;
    return error;
}

int space_find_named(struct space *space, const struct target *target, struct codepages *pages,
                     const struct site *site, struct call call, struct named *ret)
{
    int error = 0;

    *ret = (struct named){ 0 };
    if (call.kind == CALL_INDIRECT || (call.kind == CALL_SLOT && !is_constant(site, call.address)))
        return 0;
    *ret = (struct named){ .address = call.address, .by_slot = call.kind == CALL_SLOT };
    if (ret->by_slot)
        error = target_read_all(target, call.address, &ret->address, sizeof(ret->address));
    if (!error)
        error = find_callee(space, target, ret->address, &ret->callee);
    for (int stubs = 0; stubs < 2 && !error && may_be_stub(ret); stubs++)
        error = follow_stub(space, target, pages, ret);
    if (error != -EFAULT)
        return error;
    *ret = (struct named){ 0 }; /* it was another instruction that looks so */
    return 0;
}

/* Reads the bytes that end at a site. Where the code starts, zeros stand for what is not there. */
static int read_call(struct space *space, const struct target *target, struct codepages *pages,
                     const struct site *site, uint8_t ret[static CALL_BYTES])
{
    uint64_t end = site->address + 1, start = end - CALL_BYTES;
    int error = read_code(space, target, pages, site, start, ret, CALL_BYTES);
    size_t there = site->address % CODE_PAGE + 1;

    if (error != -EFAULT || (site->image && space_find(space, start)) || there >= CALL_BYTES)
        return error;
    memset(ret, 0, CALL_BYTES);
    return read_code(space, target, pages, site, end - there, ret + CALL_BYTES - there, there);
}

/* Notes that the call may go to wherever a register or a variable says. */
static void note_pointer(struct site *site, struct call call)
{
    bool variable = call.kind == CALL_SLOT && !is_constant(site, call.address);

    site->by_pointer |= variable || call.kind == CALL_INDIRECT;
    if (variable)
        site->variable = call.address;
}

/* Fills in the call at a site, and whether it can name no other any more. */
static int resolve_call(struct space *space, const struct target *target, struct codepages *pages,
                        struct site *site)
{
    uint8_t bytes[CALL_BYTES];
    struct call readings[CALL_READINGS];
    struct named named = { 0 };

    site->callee = site->target = site->stub = 0;
    int error = read_call(space, target, pages, site, bytes);
    if (error < 0)
        return error;
    size_t count = call_decode(bytes, site->address + 1, readings);
    bool found = false;
    for (size_t i = 0; i < count && !found && !error; i++) {
        error = space_find_named(space, target, pages, site, readings[i], &named);
        found = !error && named.callee && is_function(named.callee, site->image);
        if (named.stub)
            break;
    }
    site->is_call = count > 0;
    site->by_pointer = false;
    site->variable = 0;
    for (size_t i = 0; i < count && !found && !error; i++)
        note_pointer(site, readings[i]);
    site->stub = named.stub;
    site->target = named.callee ? named.address : 0;
    if (found) {
        site->callee = named.address;
        site->callee_image = named.callee->image;
        site->callee_offset = named.callee->offset;
    }
    site->call_known = found || !(error || named.by_slot); /* or not bound yet */
    return error;
}

int space_resolve_call(struct space *space, const struct target *target, struct codepages *pages,
                       struct site *site)
{
    int error = site->call_known ? 0 : resolve_call(space, target, pages, site);

    site->call_known &= !site->writable && site->image;
    return error;
}
