/* debugframe.c - copies entries of .debug_frame, each behind the common entry that it refers to. */
#include "debugframe.h"

#include <errno.h>
#include <stdlib.h>

#include <dwarf.h>

#include "symbolizer/image/cursor.h"

enum { ADDRESS_SIZE = 8, ALIGNMENT = 8 };
static const uint32_t cie_id = 0xffffffff;

/* What is written: `size` bytes so far, and whether it has become too long. */
struct output {
    uint8_t *bytes;
    size_t size, capacity;
    bool full;
};

static void put(struct output *out, const void *bytes, size_t size)
{
    if (out->full || size > out->capacity - out->size) {
        out->full = true;
        return;
    }
    memcpy(out->bytes + out->size, bytes, size);
    out->size += size;
}

static void put_u32(struct output *out, uint64_t value)
{
    uint32_t word = (uint32_t)value;
    put(out, &word, sizeof(word));
}

/* Fills in the length of the entry that starts here. */
static void end_entry(struct output *out, size_t start)
{
    uint32_t length = (uint32_t)(out->size - start - sizeof(length));

    if (!out->full)
        memcpy(out->bytes + start, &length, sizeof(length));
}

/* A cursor over the body of the entry at `offset`, behind its length; failed if it is not there, or
 * a 64-bit entry. */
static struct cursor entry_at(const struct section *debug, size_t offset)
{
    struct cursor c = { debug->bytes, debug->bytes + debug->size, false };

    take(&c, offset);
    uint32_t length = take_u32(&c);
    if (length > cursor_left(&c))
        c.failed = true;
    else
        c.end = c.at + length;
    return c;
}

/* Writes the common entry (CIE) at `offset`, with the augmentation that says how its entries name
 * their code. False if it cannot be read. */
static bool put_cie(struct output *out, const struct section *debug, size_t offset)
{
    static const char augmentation[] = "zR";
    static const uint8_t data[] = { 1, DW_EH_PE_pcrel | DW_EH_PE_absptr };
    struct cursor c = entry_at(debug, offset);
    uint32_t id = take_u32(&c);
    uint8_t version = take_u8(&c);
    size_t start = out->size;

    if (id != cie_id || (version != 1 && version != 3 && version != 4) || take_u8(&c))
        return false;
    if (version == 4 && (take_u8(&c) != ADDRESS_SIZE || take_u8(&c))) /* segments */
        return false;
    const uint8_t *factors = c.at;
    take_uleb(&c);
    take_sleb(&c);
    if (version == 1)
        take_u8(&c);
    else
        take_uleb(&c);
    if (c.failed)
        return false;
    put_u32(out, 0); /* the length */
    put_u32(out, 0);
    put(out, version == 1 ? "\1" : "\3", 1);
    put(out, augmentation, sizeof(augmentation));
    put(out, factors, (size_t)(c.at - factors));
    put(out, data, sizeof(data));
    put(out, c.at, cursor_left(&c));
    end_entry(out, start);
    return true;
}

/* Writes the entry (FDE) whose code `c` is at, for the common entry at `cie` of the output. */
static void put_fde(struct output *out, uint64_t vaddr, size_t cie, struct cursor c)
{
    size_t start = out->size;
    uint64_t code = take_fixed(&c, ADDRESS_SIZE), length = take_fixed(&c, ADDRESS_SIZE);

    if (c.failed)
        return;
    code -= vaddr + start + 8; /* relative to where it will be */
    put_u32(out, 0);           /* the length */
    put_u32(out, start + 4 - cie);
    put(out, &code, sizeof(code));
    put(out, &length, sizeof(length));
    put(out, "", 1); /* no augmentation data */
    put(out, c.at, cursor_left(&c));
    end_entry(out, start);
}

int debug_frame_convert(const struct section *debug, uint64_t vaddr, struct section *ret)
{
    struct output out = { .capacity = 2 * debug->size + ALIGNMENT };
    size_t cie = 0, written = SIZE_MAX; /* the last common entry: where it is, where it was */

    out.bytes = calloc(1, out.capacity);
    if (!out.bytes)
        return -ENOMEM;
    out.capacity -= ALIGNMENT; /* which stay zero */
    for (size_t offset = 0; offset < debug->size && !out.full;) {
        struct cursor c = entry_at(debug, offset);
        if (c.failed)
            break;
        offset = (size_t)(c.end - debug->bytes);
        uint32_t of = take_u32(&c);
        if (c.failed || of == cie_id)
            continue;
        if (of != written) {
            cie = out.size;
            written = put_cie(&out, debug, of) ? of : SIZE_MAX;
        }
        if (written == of)
            put_fde(&out, vaddr, cie, c);
    }
    if (out.full || !out.size) {
        free(out.bytes);
        return -EINVAL;
    }
    *ret = (struct section){ out.bytes, (out.size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, vaddr };
    return 0;
}
