/* site.c - asks unwind entries and, where there are none, the file. */
#include "site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "symbolizer/image/go/gorow.h"
#include "symbolizer/processor/knowncode.h"

enum {
    /* The longest start code without unwind information: ld.so's _start and _dl_start_user are 61
       bytes. */
    ENTRY_GAP_MAX = 128,
};

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
static bool is_at_syscall(const struct image *image, uint64_t offset, const struct knowncode *code)
{
    const uint64_t places[] = { offset - (code->size - SYSCALL_SIZE), offset + 1 };
    uint8_t bytes[sizeof(code->bytes)];

    for (size_t i = 0; i < 2; i++)
        if (image_bytes(image, places[i], bytes, code->size) &&
            !memcmp(bytes, code->bytes, code->size))
            return true;
    return false;
}

/*
 * Is `offset` in a signal frame's trampoline that has no unwind entry (musl's)? Or just before it,
 * where the call would be that a return to it comes from.
 */
static bool is_trampoline(const struct image *image, uint64_t offset)
{
    const struct knowncode *code = knowncode_sigreturns;

    while (code->size && !is_at_syscall(image, offset, code))
        code++;
    return code->size;
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

struct site *site_known(const struct space *space, uint64_t address)
{
    const struct code *code = space->code;
    uint32_t found =
        SLOTS_FIND(i, &code->site_slots, slots_mix(0, address), code->sites[i]->address == address);

    return found != SLOTS_NONE ? code->sites[found] : NULL;
}

/* False: no memory. */
static bool keep(struct code *code, struct site *site)
{
    if (!ARRAY_ROOM(code->sites, code->site_count, code->site_capacity) ||
        slots_add(&code->site_slots, slots_mix(0, site->address), (uint32_t)code->site_count))
        return false;
    code->sites[code->site_count++] = site;
    return true;
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

/* (Apart, so that what is known is found without it.) */
static __attribute__((noinline)) struct site *
add_site(struct space *space, const struct target *target, uint64_t address)
{
    static const struct region idle = { .writable = true };
    const struct region *found = space_find(space, address);
    const struct region *region = found ? found : space_is_idle(space, address) ? &idle : NULL;
    struct site *site = region && !region->pending ? calloc(1, sizeof(*site)) : NULL;

    if (!site)
        return NULL;
    site->address = address;
    if (!keep(space->code, site)) {
        free(site);
        return NULL;
    }
    site->writable = region->writable;
    site->image = find_image(space, target, region, address, &site->offset);
    describe(site);
    return site;
}

struct site *site_find(struct space *space, const struct target *target, uint64_t address)
{
    struct site *known = site_known(space, address);
    return known ? known : add_site(space, target, address);
}

int site_failure(const struct space *space, uint64_t address)
{
    const struct region *region = space_find(space, address);
    return !region ? 0 : region->pending ? -EINPROGRESS : -ENOMEM;
}
