/* encoding.c - goes through the bytes of an instruction in their order. */
#include "encoding.h"

/* An instruction under way. */
struct decoder {
    const uint8_t *at, *end;
    bool failed;
    struct encoding *to;
};

static unsigned take_byte(struct decoder *d)
{
    if (d->at == d->end) {
        d->failed = true;
        return 0;
    }
    return *d->at++;
}

static int64_t take_number(struct decoder *d, size_t size)
{
    uint64_t value = 0;

    if (size == 0)
        return 0;
    if (size > (size_t)(d->end - d->at)) {
        d->failed = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)*d->at++ << (8 * i);
    unsigned unused = 64 - 8 * (unsigned)size;
    return (int64_t)(value << unused) >> unused;
}

/* The first byte behind the prefixes. */
static unsigned take_prefixes(struct decoder *d)
{
    struct encoding *to = d->to;

    for (;; to->rex = 0) { /* only right before the opcode it is one */
        unsigned byte = take_byte(d);
        while ((byte & 0xf0) == 0x40) {
            to->rex = (uint8_t)byte;
            byte = take_byte(d);
        }
        switch (byte) {
        case 0x66:
            to->operand16 = true;
            break;
        case 0x67:
            to->address32 = true;
            break;
        case 0x3e:
            to->notrack = true;
            break;
        case 0x64:
        case 0x65:
            to->segment = (uint8_t)byte;
            break;
        case 0xf0:
            to->lock = true;
            break;
        case 0x26: /* segments that are all the same */
        case 0x2e:
        case 0x36:
        case 0xf2: /* repeat */
        case 0xf3:
            break;
        default:
            return byte;
        }
    }
}

/* VEX (c4, c5), EVEX (62) and AMD's XOP (8f): REX's bits, inverted, and the map. What else they say
 * is of no matter. */
static void take_vector_opcode(struct decoder *d, unsigned prefix)
{
    unsigned first = take_byte(d), map = MAP_0F;

    d->to->rex = (~first >> 5) & (prefix == 0xc5 ? REX_R : REX_R | REX_X | REX_B);
    if (prefix != 0xc5) {
        map = first & (prefix == 0x62 ? 7 : 31);
        d->to->rex |= take_byte(d) >> 4 & REX_W;
    }
    if (prefix == 0x62)
        take_byte(d);
    d->to->map = (uint8_t)(MAP_VECTOR | map);
    d->to->opcode = (uint8_t)take_byte(d);
    d->failed |= prefix == 0x8f ? map > 10 : map == 0 || map == 4 || map > 6;
}

static void take_opcode(struct decoder *d)
{
    unsigned byte = take_prefixes(d);
    bool xop = byte == 0x8f && d->at < d->end && (*d->at & 31) >= 8; /* else pop */

    if (byte == 0xc4 || byte == 0xc5 || byte == 0x62 || xop) {
        take_vector_opcode(d, byte);
        return;
    }
    if (byte == 0x0f) {
        byte = take_byte(d);
        d->to->map = byte == 0x38 ? MAP_0F38 : byte == 0x3a ? MAP_0F3A : MAP_0F;
        if (d->to->map != MAP_0F)
            byte = take_byte(d);
    }
    d->to->opcode = (uint8_t)byte;
}

/* One bit for each opcode of a map. */
struct opcodes {
    uint16_t rows[16]; /* by the high digit; bit 0 is for the low digit 0 */
};

static bool has(const struct opcodes *set, unsigned opcode)
{
    return set->rows[opcode >> 4] >> (opcode & 15) & 1;
}

static const struct opcodes invalid_one = { { 0x40c0, 0xc0c0, 0x8080, 0x8080, 0, 0, 0x0003, 0,
                                              0x0004, 0x0400, 0, 0, 0x4000, 0x0070, 0x0400, 0 } };
static const struct opcodes modrm_one = { { 0x0f0f, 0x0f0f, 0x0f0f, 0x0f0f, 0, 0, 0x0a08, 0, 0xffff,
                                            0, 0, 0, 0x00c3, 0xff0f, 0, 0xc0c0 } };
static const struct opcodes byte_one = { /* one byte of immediate */
                                         { 0x1010, 0x1010, 0x1010, 0x1010, 0, 0, 0x0c00, 0xffff,
                                           0x0009, 0, 0x0100, 0x00ff, 0x2043, 0, 0x08ff, 0x0040 }
};
static const struct opcodes word_one = { /* four bytes, or two behind 66 */
                                         { 0x2020, 0x2020, 0x2020, 0x2020, 0, 0, 0x0300, 0, 0x0002,
                                           0, 0x0200, 0xff00, 0x0080, 0, 0, 0x0080 }
};
static const struct opcodes bare_0f = { /* no ModRM byte */
                                        { 0x4be0, 0, 0, 0x00bf, 0, 0, 0, 0x0080, 0xffff, 0, 0x0707,
                                          0, 0xff00, 0, 0, 0 }
};
static const struct opcodes invalid_0f = { { 0x1410, 0, 0x00f0, 0xfa40, 0, 0, 0, 0x0c00, 0, 0, 0, 0,
                                             0, 0, 0, 0 } };
static const struct opcodes byte_0f = { { 0x8000, 0, 0, 0, 0, 0, 0, 0x000f, 0, 0, 0x1010, 0x0400,
                                          0x0074, 0, 0, 0 } };

static bool is_invalid(const struct encoding *e)
{
    return (e->map == MAP_ONE && has(&invalid_one, e->opcode)) ||
           (e->map == MAP_0F && has(&invalid_0f, e->opcode));
}

static bool needs_modrm(const struct encoding *e)
{
    switch (e->map) {
    case MAP_ONE:
        return has(&modrm_one, e->opcode);
    case MAP_0F:
        return !has(&bare_0f, e->opcode);
    case MAP_VECTOR | MAP_0F:
        return e->opcode != 0x77; /* vzeroupper */
    default:
        return true;
    }
}

static void take_address(struct decoder *d)
{
    struct encoding *to = d->to;
    const bool indexed = to->rm == 4;
    unsigned sib = indexed ? take_byte(d) : 0, base = indexed ? sib & 7 : to->rm;
    unsigned index = (sib >> 3 & 7) | (to->rex & REX_X ? 8 : 0);
    bool absolute = to->mod == 0 && base == 5;

    if (indexed && index != RSP)
        to->index = (uint8_t)index;
    to->scale = (uint8_t)(sib >> 6);
    if (absolute)
        to->base = indexed ? NO_REGISTER : RIP;
    else
        to->base = (uint8_t)(base | (to->rex & REX_B ? 8 : 0));
    to->displacement = (int32_t)take_number(d, to->mod == 1 ? 1 : to->mod == 2 || absolute ? 4 : 0);
}

static void take_modrm(struct decoder *d)
{
    struct encoding *to = d->to;
    unsigned byte = take_byte(d);
    bool system = to->map == MAP_0F && (to->opcode & 0xfc) == 0x20; /* mov of cr, dr */

    to->mod = system ? 3 : (uint8_t)(byte >> 6);
    to->reg = (uint8_t)((byte >> 3 & 7) | (to->rex & REX_R ? 8 : 0));
    to->rm = byte & 7;
    if (to->mod != 3)
        take_address(d);
    else
        to->rm |= to->rex & REX_B ? 8 : 0;
}

/* Is there a form of the opcode with this ModRM byte? Asked where code is likely to have the
 * opcode. `lock` is for what is in memory. */
static bool has_form(const struct encoding *e)
{
    unsigned group = e->reg & 7;
    bool memory = e->mod != 3;

    if (e->lock && !memory)
        return false;
    switch (e->map == MAP_ONE ? e->opcode : 0) {
    case 0x8d: /* lea */
        return memory;
    case 0x8f: /* pop */
        return group == 0;
    case 0xc6: /* mov; xabort, xbegin */
    case 0xc7:
        return group == 0 || (group == 7 && !memory && (e->rm & 7) == 0);
    case 0xfe: /* inc, dec */
        return group < 2;
    case 0xff: /* and calls, jumps, where far ones are by memory; push */
        return group < 7 && (memory || (group != 3 && group != 5));
    default:
        return true;
    }
}

/* Bytes of the immediate operand, by the opcodes of one byte. */
static size_t immediate_size_one(const struct encoding *e)
{
    const size_t word = e->operand16 && !(e->rex & REX_W) ? 2 : 4;

    if ((e->opcode & 0xfc) == 0xa0) /* mov between al or eax, and an address */
        return e->address32 ? 4 : 8;
    if ((e->opcode & 0xfe) == 0xe8) /* call, jmp: 66 changes nothing, but on a few processors */
        return 4;
    if ((e->opcode & 0xfe) == 0xf6 && (e->reg & 7) > 1) /* else test */
        return 0;
    if ((e->opcode & 0xf8) == 0xb8 && e->rex & REX_W)
        return 8;
    if ((e->opcode & 0xf7) == 0xc2 || e->opcode == 0xc8) /* ret; enter */
        return e->opcode == 0xc8 ? 3 : 2;
    return has(&byte_one, e->opcode) ? 1 : has(&word_one, e->opcode) ? word : 0;
}

static size_t immediate_size(const struct encoding *e)
{
    switch (e->map) {
    case MAP_ONE:
        return immediate_size_one(e);
    case MAP_0F:
        return (e->opcode & 0xf0) == 0x80 ? 4 : has(&byte_0f, e->opcode) ? 1 : 0;
    case MAP_VECTOR | MAP_0F:
        return has(&byte_0f, e->opcode) ? 1 : 0;
    case MAP_0F3A:
    case MAP_VECTOR | MAP_0F3A:
    case MAP_VECTOR | 8: /* of XOP, as the next */
        return 1;
    case MAP_VECTOR | 10:
        return 4;
    default:
        return 0;
    }
}

bool encoding_decode(const uint8_t *bytes, size_t size, struct encoding *ret)
{
    size_t room = size < INSTRUCTION_MAX ? size : INSTRUCTION_MAX;
    struct decoder d = { .at = bytes, .end = bytes + room, .to = ret };

    *ret = (struct encoding){ .mod = 3, .base = NO_REGISTER, .index = NO_REGISTER };
    take_opcode(&d);
    if (d.failed || is_invalid(ret))
        return false;
    if (needs_modrm(ret))
        take_modrm(&d);
    else
        ret->rm = (ret->opcode & 7) | (ret->rex & REX_B ? 8 : 0);
    if (!has_form(ret))
        return false;
    ret->immediate = take_number(&d, immediate_size(ret));
    ret->length = (uint8_t)(d.at - bytes);
    return !d.failed;
}
