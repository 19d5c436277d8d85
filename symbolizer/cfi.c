/* cfi.c - binary search in .eh_frame_hdr and just enough of .eh_frame to know an entry's range and
 * kind. */
#include "cfi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

enum {
    HEADER_SIZE =
        12, /* version, three encodings, eh_frame_ptr, fde_count: with the encodings below */
    ENTRY_SIZE = 8,
};

/* A reader that fails for good once it runs out of bytes. */
struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

static const uint8_t *take(struct cursor *c, size_t size)
{
    if (c->failed || (size_t)(c->end - c->at) < size) {
        c->failed = true;
        return NULL;
    }
    c->at += size;
    return c->at - size;
}

static uint8_t take_u8(struct cursor *c)
{
    const uint8_t *p = take(c, 1);
    return p ? *p : 0;
}

static uint32_t take_u32(struct cursor *c)
{
    uint32_t value = 0;
    const uint8_t *p = take(c, sizeof(value));
    if (p)
        memcpy(&value, p, sizeof(value));
    return value;
}

/* LEB128, signed or not: only its length and, for short unsigned ones, its value matter here. */
static uint64_t take_leb(struct cursor *c)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = take_u8(c);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80 && !c->failed);
    return value;
}

/* Bytes of a pointer in this DW_EH_PE encoding; 0: of variable or unknown size. */
static size_t encoded_size(uint8_t encoding)
{
    switch (encoding & 0x0f) {
    case DW_EH_PE_absptr:
    case DW_EH_PE_udata8:
    case DW_EH_PE_sdata8:
        return 8;
    case DW_EH_PE_udata4:
    case DW_EH_PE_sdata4:
        return 4;
    case DW_EH_PE_udata2:
    case DW_EH_PE_sdata2:
        return 2;
    default:
        return 0;
    }
}

static uint64_t take_fixed(struct cursor *c, size_t size)
{
    uint64_t value = 0;
    const uint8_t *p = take(c, size);
    if (p)
        memcpy(&value, p, size); /* little-endian, as all x86 */
    return value;
}

int cfi_frames_vaddr(const struct section *header, uint64_t *ret)
{
    struct cursor c = { header->bytes, header->bytes + header->size, false };

    /* ld, gold, lld and mold all write these encodings; anything else has no search table for us.
     */
    if (take_u8(&c) != 1 || take_u8(&c) != (DW_EH_PE_pcrel | DW_EH_PE_sdata4) ||
        take_u8(&c) != DW_EH_PE_udata4 || take_u8(&c) != (DW_EH_PE_datarel | DW_EH_PE_sdata4))
        return -EINVAL;
    int32_t relative = (int32_t)take_u32(&c);
    if (c.failed)
        return -EINVAL;
    *ret = header->vaddr + 4 + (uint64_t)(int64_t)relative;
    return 0;
}

int cfi_init(struct cfi *cfi, struct section header, struct section frames)
{
    uint64_t vaddr;
    uint32_t count;

    *cfi = (struct cfi){ .header = header, .frames = frames, .table = HEADER_SIZE };
    if (cfi_frames_vaddr(&header, &vaddr) < 0 || header.size < HEADER_SIZE)
        goto fail;
    memcpy(&count, header.bytes + 8, sizeof(count));
    if (count > (header.size - HEADER_SIZE) / ENTRY_SIZE)
        goto fail;
    cfi->count = count;
    return 0;
fail:
    cfi_deinit(cfi);
    return -EINVAL;
}

void cfi_deinit(struct cfi *cfi)
{
    free(cfi->header.bytes);
    free(cfi->frames.bytes);
    *cfi = (struct cfi){ 0 };
}

static uint64_t entry_word(const struct cfi *cfi, size_t index, size_t word)
{
    int32_t relative;
    memcpy(&relative, cfi->header.bytes + cfi->table + index * ENTRY_SIZE + word * 4, 4);
    return cfi->header.vaddr + (uint64_t)(int64_t)relative;
}

/* How many entries start at or below `vaddr`. */
static size_t entries_up_to(const struct cfi *cfi, uint64_t vaddr)
{
    size_t low = 0, high = cfi->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entry_word(cfi, middle, 0) <= vaddr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* A cursor over the body of the entry (CIE or FDE) at `vaddr`, behind its length. */
static struct cursor entry_body(const struct cfi *cfi, uint64_t vaddr)
{
    const struct section *s = &cfi->frames;
    struct cursor c = { NULL, NULL, true };

    if (vaddr < s->vaddr || vaddr - s->vaddr >= s->size)
        return c;
    c = (struct cursor){ s->bytes + (vaddr - s->vaddr), s->bytes + s->size, false };
    uint32_t length = take_u32(&c);
    /* 0xffffffff would announce a 64-bit entry, which no linker writes to .eh_frame. */
    if (c.failed || length > (size_t)(c.end - c.at))
        c.failed = true;
    else
        c.end = c.at + length;
    return c;
}

/* What an FDE must know of its CIE: how its addresses are encoded, and whether it is a signal
 * frame. */
static bool read_cie(const struct cfi *cfi, uint64_t vaddr, uint8_t *encoding, bool *signal)
{
    struct cursor c = entry_body(cfi, vaddr);
    uint32_t id = take_u32(&c);
    uint8_t version = take_u8(&c);
    const char *augmentation = (const char *)c.at;

    *encoding = DW_EH_PE_absptr;
    *signal = false;
    if (c.failed || id != 0 || (version != 1 && version != 3) ||
        !take(&c, strnlen(augmentation, (size_t)(c.end - c.at)) + 1))
        return false;
    take_leb(&c); /* code alignment */
    take_leb(&c); /* data alignment */
    if (version == 1)
        take_u8(&c); /* return address column */
    else
        take_leb(&c);
    if (*augmentation != 'z')
        return !c.failed && !*augmentation;
    take_leb(&c); /* length of the augmentation data */
    for (const char *a = augmentation + 1; *a && !c.failed; a++) {
        if (*a == 'R') {
            *encoding = take_u8(&c);
        } else if (*a == 'P') {
            size_t size = encoded_size(take_u8(&c));
            if (!size || !take(&c, size))
                return false;
        } else if (*a == 'L') {
            take_u8(&c);
        } else if (*a == 'S') {
            *signal = true;
        } else if (*a != 'B') {
            return false;
        }
    }
    return !c.failed;
}

int cfi_find(const struct cfi *cfi, uint64_t vaddr, struct fde *ret)
{
    struct fde fde = { 0 };
    size_t index = entries_up_to(cfi, vaddr);
    uint8_t encoding;

    *ret = fde;
    if (!index--)
        return -ENOENT;
    fde.start = entry_word(cfi, index, 0);
    fde.table_entry = cfi->header.vaddr + cfi->table + index * ENTRY_SIZE;

    uint64_t at = entry_word(cfi, index, 1);
    struct cursor c = entry_body(cfi, at);
    uint32_t cie = take_u32(&c);
    if (c.failed || !cie || !read_cie(cfi, at + 4 - cie, &encoding, &fde.signal))
        return -EINVAL;
    size_t size = encoded_size(encoding);
    take_fixed(&c, size);
    uint64_t length = take_fixed(&c, size);
    if (c.failed || !size || fde.start + length < fde.start)
        return -EINVAL;
    fde.end = fde.start + length;
    *ret = fde;
    return vaddr < fde.end ? 0 : -ENOENT;
}

/* ---- A search table of our own ---- */

struct entry {
    int32_t start, fde; /* as in .eh_frame_hdr */
};

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* Where the code of the FDE at `vaddr` begins; false if it is malformed, or encoded in an
 * unheard-of way. */
static bool read_start(const struct cfi *cfi, uint64_t vaddr, uint64_t cie, uint64_t *ret)
{
    struct cursor c = entry_body(cfi, vaddr);
    uint8_t encoding;
    bool signal;

    take_u32(&c);
    if (!read_cie(cfi, cie, &encoding, &signal))
        return false;
    size_t size = encoded_size(encoding);
    uint64_t value = take_fixed(&c, size);
    if (size == 4 && encoding & DW_EH_PE_signed)
        value = (uint64_t)(int64_t)(int32_t)value;
    if ((encoding & 0x70) == DW_EH_PE_pcrel)
        value += vaddr + 8; /* behind the length and the CIE pointer */
    *ret = value;
    return size && !c.failed;
}

/* Writes the entries of .eh_frame to `table` (NULL: only counts them). */
static size_t list_entries(const struct cfi *cfi, struct entry *table)
{
    uint64_t at = cfi->frames.vaddr, start;
    size_t count = 0;

    for (;;) {
        struct cursor c = entry_body(cfi, at);
        if (c.failed || c.at == c.end) /* the end, or the terminator */
            return count;
        uint64_t size = 4 + (uint64_t)(c.end - c.at);
        uint32_t cie = take_u32(&c);
        if (cie && read_start(cfi, at, at + 4 - cie, &start)) {
            if (table)
                table[count] = (struct entry){ (int32_t)(start - cfi->header.vaddr),
                                               (int32_t)(at - cfi->header.vaddr) };
            count++;
        }
        at += size;
    }
}

int cfi_init_without_header(struct cfi *cfi, struct section frames)
{
    *cfi = (struct cfi){ .frames = frames, .table = HEADER_SIZE };
    /* Where nothing of the image's is, near enough for 32-bit distances. */
    cfi->header.vaddr = frames.vaddr + frames.size;
    cfi->count = list_entries(cfi, NULL);
    cfi->header.size = HEADER_SIZE + cfi->count * ENTRY_SIZE;
    cfi->header.bytes = calloc(1, cfi->header.size);
    if (!cfi->header.bytes || !cfi->count) {
        int result = cfi->count ? -ENOMEM : -EINVAL;
        cfi_deinit(cfi);
        return result;
    }
    struct entry *table = (struct entry *)(cfi->header.bytes + cfi->table);
    list_entries(cfi, table);
    qsort(table, cfi->count, sizeof(*table), compare_entries);
    return 0;
}

uint64_t cfi_next_start(const struct cfi *cfi, uint64_t vaddr)
{
    size_t index = entries_up_to(cfi, vaddr);
    return index < cfi->count ? entry_word(cfi, index, 0) : UINT64_MAX;
}

static bool section_read(const struct section *s, uint64_t vaddr, uint64_t *ret)
{
    if (vaddr < s->vaddr || vaddr - s->vaddr >= s->size)
        return false;
    size_t left = s->size - (vaddr - s->vaddr);
    *ret = 0;
    memcpy(ret, s->bytes + (vaddr - s->vaddr), left < sizeof(*ret) ? left : sizeof(*ret));
    return true;
}

bool cfi_read(const struct cfi *cfi, uint64_t vaddr, uint64_t *ret)
{
    return section_read(&cfi->frames, vaddr, ret) || section_read(&cfi->header, vaddr, ret);
}
