/* cfi.c - binary search in .eh_frame_hdr and just enough of .eh_frame to know an entry's range and
 * kind. */
#include "cfi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <dwarf.h>

#include "record/bisect.h"
#include "symbolizer/image/cursor.h"
#include "symbolizer/processor/processor.h"

enum {
    HEADER_SIZE =
        12, /* version, three encodings, eh_frame_ptr, fde_count: with the encodings below */
    ENTRY_SIZE = 8,
    /* libunwind 1.6.2 looks at no more letters; of the fifth only S is known to make no difference.
     */
    LETTERS_MAX = 5,
};

/* Bytes of a pointer in this DW_EH_PE encoding; 0: of variable or unknown size. */
static size_t encoding_size(uint8_t encoding)
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
    if (!count || count > (header.size - HEADER_SIZE) / ENTRY_SIZE)
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
    return BISECT(i, cfi->count, entry_word(cfi, i, 0) <= vaddr);
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

/* What is common to several entries. */
struct cie {
    uint8_t encoding; /* of the addresses in its FDEs */
    bool handlers;    /* its FDEs have tables of handlers of exceptions */
    bool augmented;   /* its FDEs have augmentation data */
    bool signal;
    uint64_t code_align;
    int64_t data_align;
    struct span instructions;
};

/* The data that the letters of an augmentation announce; false at an unknown one. */
static bool read_letters(struct cursor *c, const char *letters, struct cie *cie)
{
    for (; *letters; letters++) {
        if (*letters == 'R') {
            cie->encoding = take_u8(c);
        } else if (*letters == 'P') {
            uint8_t encoding = take_u8(c);
            size_t size = encoding_size(encoding);
            if (!size || (encoding & 0x70) == DW_EH_PE_aligned || !take(c, size))
                return false;
        } else if (*letters == 'L') {
            take_u8(c);
            cie->handlers = true;
        } else if (*letters == 'S') {
            cie->signal = true;
        } else {
            return false;
        }
    }
    return !c->failed;
}

/* The augmentation data, of which nothing is left over. */
static bool read_augmentation(struct cursor *c, const char *letters, struct cie *cie)
{
    if (!*letters)
        return true;
    uint64_t size = take_uleb(c);
    const uint8_t *bytes = take(c, size);
    if (*letters != 'z' || !bytes)
        return false;
    struct cursor data = { bytes, bytes + size, false };
    cie->augmented = true;
    return read_letters(&data, letters + 1, cie) && data.at == data.end;
}

/*
 * Reads the CIE at `vaddr`. False if it is malformed, or not certain to be read by libunwind in the
 * same way.
 */
static bool read_cie(const struct cfi *cfi, uint64_t vaddr, struct cie *ret)
{
    struct cursor c = entry_body(cfi, vaddr);
    uint32_t id = take_u32(&c);
    uint8_t version = take_u8(&c);
    const char *letters = (const char *)c.at;
    size_t count = c.failed ? 0 : strnlen(letters, cursor_left(&c));

    *ret = (struct cie){ .encoding = DW_EH_PE_absptr };
    if (id != 0 || (version != 1 && version != 3) || count > LETTERS_MAX ||
        (count == LETTERS_MAX && letters[count - 1] != 'S') || !take(&c, count + 1))
        return false;
    ret->code_align = take_uleb(&c);
    ret->data_align = take_sleb(&c);
    uint64_t column = version == 1 ? take_u8(&c) : take_uleb(&c);
    if (column != REGISTER_RETURN || !read_augmentation(&c, letters, ret) || c.failed)
        return false;
    ret->instructions = (struct span){ c.at, cursor_left(&c) };
    return true;
}

/* An entry for code as it stands in .eh_frame. */
static bool read_fde(const struct cfi *cfi, uint64_t vaddr, struct fde *ret)
{
    struct cursor c = entry_body(cfi, vaddr);
    uint32_t back = take_u32(&c);
    struct cie cie;

    if (c.failed || !back || !read_cie(cfi, vaddr + 4 - back, &cie))
        return false;
    size_t size = encoding_size(cie.encoding);
    uint64_t start = take_fixed(&c, size), length = take_fixed(&c, size);
    if (size == 4 && cie.encoding & DW_EH_PE_signed)
        start = (uint64_t)(int64_t)(int32_t)start;
    if ((cie.encoding & 0xf0) == DW_EH_PE_pcrel)
        start += vaddr + 8; /* behind the length and the CIE pointer */
    else if (cie.encoding & 0xf0)
        return false;
    if (cie.augmented)
        take(&c, take_uleb(&c));
    if (c.failed || !size || start + length < start)
        return false;
    *ret = (struct fde){ .start = start,
                         .end = start + length,
                         .signal = cie.signal,
                         .handlers = cie.handlers,
                         .program = { .code_align = cie.code_align,
                                      .data_align = cie.data_align,
                                      .common = cie.instructions,
                                      .own = { c.at, cursor_left(&c) } } };
    return true;
}

int cfi_find(const struct cfi *cfi, uint64_t vaddr, struct fde *ret)
{
    size_t index = entries_up_to(cfi, vaddr);

    *ret = (struct fde){ 0 };
    if (!index--)
        return -ENOENT;
    uint64_t start = entry_word(cfi, index, 0);
    /* Table and entry must agree: we believe the one, libunwind the other. */
    if (!read_fde(cfi, entry_word(cfi, index, 1), ret) || ret->start != start) {
        *ret = (struct fde){ 0 };
        return -EINVAL;
    }
    ret->table_entry = cfi->header.vaddr + cfi->table + index * ENTRY_SIZE;
    return vaddr < ret->end ? 0 : -ENOENT;
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

/* Writes the entries of .eh_frame to `table` (NULL: only counts them). */
static size_t list_entries(const struct cfi *cfi, struct entry *table)
{
    uint64_t at = cfi->frames.vaddr;
    size_t count = 0;

    for (;;) {
        struct cursor c = entry_body(cfi, at);
        struct fde fde;
        if (!cursor_left(&c)) /* the end, or the terminator */
            return count;
        if (read_fde(cfi, at, &fde)) {
            if (table)
                table[count] = (struct entry){ (int32_t)(fde.start - cfi->header.vaddr),
                                               (int32_t)(at - cfi->header.vaddr) };
            count++;
        }
        at += 4 + cursor_left(&c);
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

/* The byte at `vaddr` of a section; false if it is not there. */
static bool section_byte(const struct section *s, uint64_t vaddr, uint8_t *ret)
{
    if (vaddr < s->vaddr || vaddr - s->vaddr >= s->size)
        return false;
    *ret = s->bytes[vaddr - s->vaddr];
    return true;
}

bool cfi_word(const struct cfi *cfi, uint64_t vaddr, uint64_t *ret)
{
    uint8_t bytes[sizeof(*ret)] = { 0 };
    bool any = false;

    for (size_t i = 0; i < sizeof(bytes); i++)
        any |= section_byte(&cfi->frames, vaddr + i, &bytes[i]) ||
               section_byte(&cfi->header, vaddr + i, &bytes[i]);
    if (any)
        memcpy(ret, bytes, sizeof(*ret));
    return any;
}
