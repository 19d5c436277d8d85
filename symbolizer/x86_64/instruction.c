/* instruction.c - decodes by opcode: the length of everything, the meaning of what moves the stack.
 */
#include "instruction.h"

#include <string.h>

enum {
    RSP = 4,
    RBP = 5,
    R10 = 10,
    NO_REGISTER = -1,
    REX_B = 1,
    REX_X = 2,
    REX_R = 4,
    REX_W = 8,
    /* Opcode maps: one byte, and those behind 0f, 0f 38 and 0f 3a. */
    MAP_ONE = 0,
    MAP_0F,
    MAP_0F38,
    MAP_0F3A,
    MAPS,
};

/* An instruction under way. */
struct decoder {
    const uint8_t *at, *end;
    bool failed;
    bool operand16, address32, vector;
    unsigned rex, map, opcode;
    bool has_modrm;
    unsigned mod, reg, rm; /* with REX's bits */
    int base;              /* of an operand in memory, if there is nothing but it and */
    int64_t displacement;  /* this */
    int64_t immediate;
};

static uint8_t take_byte(struct decoder *d)
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

    if (size > (size_t)(d->end - d->at)) {
        d->failed = true;
        return 0;
    }
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)*d->at++ << (8 * i);
    unsigned unused = 64 - 8 * (unsigned)size;
    return size && size < 8 ? (int64_t)(value << unused) >> unused : (int64_t)value;
}

static void take_prefixes(struct decoder *d)
{
    for (; d->at < d->end; d->at++) {
        switch (*d->at) {
        case 0x66:
            d->operand16 = true;
            break;
        case 0x67:
            d->address32 = true;
            break;
        case 0x26: /* segments */
        case 0x2e:
        case 0x36:
        case 0x3e:
        case 0x64:
        case 0x65:
        case 0xf0: /* lock */
        case 0xf2: /* repeat */
        case 0xf3:
            break;
        default:
            if ((*d->at & 0xf0) == 0x40)
                d->rex = *d->at++;
            return;
        }
    }
}

/* The VEX and EVEX prefixes, which have the map in them. What else they say is of no matter. */
static void take_vector_opcode(struct decoder *d, unsigned prefix)
{
    unsigned first = take_byte(d);

    d->vector = true;
    d->map = prefix == 0xc5 ? MAP_0F : prefix == 0xc4 ? first & 31 : first & 7;
    if (prefix != 0xc5)
        take_byte(d);
    if (prefix == 0x62)
        take_byte(d);
    d->opcode = take_byte(d);
    if (d->map == MAP_ONE || d->map >= MAPS)
        d->failed = true;
}

static void take_opcode(struct decoder *d)
{
    unsigned byte = take_byte(d);

    if (byte == 0xc4 || byte == 0xc5 || byte == 0x62) {
        take_vector_opcode(d, byte);
        return;
    }
    if (byte == 0x0f) {
        byte = take_byte(d);
        d->map = byte == 0x38 ? MAP_0F38 : byte == 0x3a ? MAP_0F3A : MAP_0F;
        if (d->map != MAP_0F)
            byte = take_byte(d);
    }
    d->opcode = byte;
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
                                           0x0009, 0, 0x0100, 0x00ff, 0x2043, 0, 0x08ff, 0 }
};
static const struct opcodes word_one = { /* four bytes, or two behind 66 */
                                         { 0x2020, 0x2020, 0x2020, 0x2020, 0, 0, 0x0300, 0, 0x0002,
                                           0, 0x0200, 0xff00, 0x0080, 0, 0, 0 }
};
static const struct opcodes bare_0f = { /* no ModRM byte */
                                        { 0x4be0, 0, 0, 0x00bf, 0, 0, 0, 0x0080, 0xffff, 0, 0x0707,
                                          0, 0xff00, 0, 0, 0 }
};
static const struct opcodes invalid_0f = { { 0x1410, 0, 0x00f0, 0xfa40, 0, 0, 0, 0x0c00, 0, 0,
                                             0x00c0, 0, 0, 0, 0, 0 } };
static const struct opcodes byte_0f = { { 0x8000, 0, 0, 0, 0, 0, 0, 0x000f, 0, 0, 0x1010, 0x0400,
                                          0x0074, 0, 0, 0 } };

static bool is_invalid(const struct decoder *d)
{
    return !d->vector && ((d->map == MAP_ONE && has(&invalid_one, d->opcode)) ||
                          (d->map == MAP_0F && has(&invalid_0f, d->opcode)));
}

static bool needs_modrm(const struct decoder *d)
{
    if (d->vector)
        return d->map != MAP_0F || d->opcode != 0x77;
    return d->map == MAP_ONE  ? has(&modrm_one, d->opcode)
           : d->map == MAP_0F ? !has(&bare_0f, d->opcode)
                              : true;
}

static void take_modrm(struct decoder *d)
{
    unsigned byte = take_byte(d);
    bool indexed = false;

    d->has_modrm = true;
    d->mod = byte >> 6;
    d->reg = (byte >> 3 & 7) | (d->rex & REX_R ? 8 : 0);
    d->rm = byte & 7;
    d->base = NO_REGISTER;
    if (d->mod == 3) {
        d->rm |= d->rex & REX_B ? 8 : 0;
        return;
    }
    unsigned base = d->rm;
    if (base == 4) {
        unsigned sib = take_byte(d);
        base = sib & 7;
        indexed = (sib >> 3 & 7) != 4 || d->rex & REX_X;
    }
    bool absolute = d->mod == 0 && base == 5;
    d->displacement = take_number(d, d->mod == 1 ? 1 : d->mod == 2 || absolute ? 4 : 0);
    if (!absolute && !indexed)
        d->base = (int)(base | (d->rex & REX_B ? 8 : 0));
}

/* Bytes of the immediate operand. */
static size_t immediate_size(const struct decoder *d)
{
    size_t word = d->operand16 && !(d->rex & REX_W) ? 2 : 4;

    if (d->map == MAP_0F3A)
        return 1;
    if (d->map == MAP_0F38)
        return 0;
    if (d->map == MAP_0F)
        return has(&byte_0f, d->opcode) ? 1 : (d->opcode & 0xf0) == 0x80 && !d->vector ? 4 : 0;
    switch (d->opcode) {
    case 0xa0: /* mov between al or eax, and an address */
    case 0xa1:
    case 0xa2:
    case 0xa3:
        return d->address32 ? 4 : 8;
    case 0xc2: /* ret */
    case 0xca:
        return 2;
    case 0xc8: /* enter */
        return 3;
    case 0xe8: /* call, jmp: 66 changes nothing on most processors, and is not made for others */
    case 0xe9:
        return 4;
    case 0xf6: /* test, in a group */
        return (d->reg & 7) < 2 ? 1 : 0;
    case 0xf7:
        return (d->reg & 7) < 2 ? word : 0;
    default:
        if ((d->opcode & 0xf8) == 0xb8 && d->rex & REX_W)
            return 8;
        return has(&byte_one, d->opcode) ? 1 : has(&word_one, d->opcode) ? word : 0;
    }
}

static void move_stack(struct instruction *ret, int64_t amount)
{
    ret->stack = STACK_MOVED;
    ret->amount = amount;
}

/* What is written to the register, if that is rsp or rbp: the value of another register and
 * `amount`, NO_REGISTER: something else. */
static void assign(struct instruction *ret, unsigned to, int from, int64_t amount)
{
    if (to == RSP && from == RSP) {
        move_stack(ret, amount);
    } else if (to == RSP) {
        ret->stack = from == RBP ? STACK_FROM_RBP : STACK_LOST;
        ret->amount = amount;
    } else if (to == RBP && from == RSP) {
        ret->rbp = RBP_FROM_RSP;
        ret->frame = amount;
    }
}

/* The group of opcodes 81 and 83: add, or, adc, sbb, and, sub, xor, cmp of a number. */
static void understand_arithmetic(const struct decoder *d, struct instruction *ret)
{
    unsigned operation = d->reg & 7;

    if (d->mod != 3 || d->rm != RSP || operation == 7)
        return;
    if (d->rex & REX_W && (operation == 0 || operation == 5))
        move_stack(ret, operation == 0 ? d->immediate : -d->immediate);
    else
        ret->stack = STACK_LOST;
}

/* Opcodes 00 to 3b of two operands: the first, or by bit 1 the second, is written, but for cmp. */
static void understand_two(const struct decoder *d, struct instruction *ret)
{
    bool to_reg = d->opcode & 2;
    unsigned operation = d->opcode >> 3;

    if (operation == 7 || !(d->opcode & 1)) /* bytes */
        return;
    if (to_reg ? d->reg == RSP : d->mod == 3 && d->rm == RSP)
        ret->stack = STACK_LOST;
    if (operation == 6 && d->mod == 3 && d->reg == RBP && d->rm == RBP) /* xor */
        ret->rbp = RBP_CLEARED;
}

static void understand_group_ff(const struct decoder *d, struct instruction *ret)
{
    switch (d->reg & 7) {
    case 2:
    case 3:
        ret->flow = FLOW_CALL;
        break;
    case 4:
    case 5:
        ret->flow = FLOW_COMPUTED;
        break;
    case 6:
        move_stack(ret, -8);
        if (d->base == R10 && d->displacement == -8)
            ret->stack = STACK_COPIED;
        break;
    }
}

static void understand_one(const struct decoder *d, struct instruction *ret)
{
    unsigned low = (d->opcode & 7) | (d->rex & REX_B ? 8 : 0);
    bool wide = d->rex & REX_W;

    switch (d->opcode) {
    case 0x68: /* push */
    case 0x6a:
    case 0x9c:
        move_stack(ret, -8);
        break;
    case 0x8f: /* pop */
    case 0x9d:
        move_stack(ret, 8);
        break;
    case 0x81:
    case 0x83:
        understand_arithmetic(d, ret);
        break;
    case 0x87: /* xchg */
        if (d->reg == RSP || (d->mod == 3 && d->rm == RSP))
            ret->stack = STACK_LOST;
        break;
    case 0x89: /* mov */
        if (d->mod == 3)
            assign(ret, d->rm, wide ? (int)d->reg : NO_REGISTER, 0);
        break;
    case 0x8b:
        assign(ret, d->reg, wide && d->mod == 3 ? (int)d->rm : NO_REGISTER, 0);
        break;
    case 0x8d: /* lea */
        assign(ret, d->reg, wide ? d->base : NO_REGISTER, d->displacement);
        break;
    case 0xc9:
        ret->rbp = RBP_LEFT;
        break;
    case 0xc8: /* enter */
        ret->stack = STACK_LOST;
        break;
    case 0xc2: /* returns */
    case 0xc3:
        ret->flow = FLOW_RETURN;
        break;
    case 0xca: /* far returns, int3, hlt */
    case 0xcb:
    case 0xcc:
    case 0xcf:
    case 0xf4:
        ret->flow = FLOW_END;
        break;
    case 0xe8:
        ret->flow = FLOW_CALL;
        ret->direct = true;
        break;
    case 0xe9:
    case 0xeb:
        ret->flow = FLOW_JUMP;
        break;
    case 0xe0: /* loop, jrcxz */
    case 0xe1:
    case 0xe2:
    case 0xe3:
        ret->flow = FLOW_BRANCH;
        break;
    case 0xff:
        understand_group_ff(d, ret);
        break;
    default:
        if ((d->opcode & 0xf0) == 0x70) {
            ret->flow = FLOW_BRANCH;
        } else if ((d->opcode & 0xf8) == 0x50) {
            move_stack(ret, -8);
            ret->rbp = low == RBP ? RBP_PUSHED : RBP_SAME;
        } else if ((d->opcode & 0xf8) == 0x58) {
            move_stack(ret, 8);
            ret->rbp = low == RBP ? RBP_POPPED : RBP_SAME;
            if (low == RSP)
                ret->stack = STACK_LOST;
        } else if (d->opcode < 0x40 && d->has_modrm) {
            understand_two(d, ret);
        }
    }
    if (d->operand16 && ret->stack == STACK_MOVED)
        ret->stack = STACK_LOST;
}

static void understand_0f(const struct decoder *d, struct instruction *ret)
{
    switch (d->opcode) {
    case 0x0b: /* ud2 */
        ret->flow = FLOW_END;
        break;
    case 0xa0: /* push and pop of segments */
    case 0xa8:
        move_stack(ret, -8);
        break;
    case 0xa1:
    case 0xa9:
        move_stack(ret, 8);
        break;
    default:
        if ((d->opcode & 0xf0) == 0x80)
            ret->flow = FLOW_BRANCH;
        else if ((d->opcode & 0xf0) == 0x40 && d->reg == RSP) /* cmov */
            ret->stack = STACK_LOST;
    }
}

bool instruction_decode(const uint8_t *bytes, size_t size, struct instruction *ret)
{
    size_t room = size < INSTRUCTION_MAX ? size : INSTRUCTION_MAX;
    struct decoder d = { .at = bytes, .end = bytes + room };

    take_prefixes(&d);
    take_opcode(&d);
    if (d.failed || is_invalid(&d))
        return false;
    if (needs_modrm(&d))
        take_modrm(&d);
    if (d.map == MAP_ONE && d.opcode == 0x8f && d.reg & 7) /* AMD's XOP, not pop */
        return false;
    d.immediate = take_number(&d, immediate_size(&d));
    if (d.failed)
        return false;
    *ret = (struct instruction){ .length = (size_t)(d.at - bytes) };
    if (!d.vector && d.map == MAP_ONE)
        understand_one(&d, ret);
    else if (!d.vector && d.map == MAP_0F)
        understand_0f(&d, ret);
    if (ret->flow == FLOW_JUMP || ret->flow == FLOW_BRANCH || ret->direct)
        ret->target = d.immediate;
    return true;
}
