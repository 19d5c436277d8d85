/* instruction.c - tells by the opcode what an instruction does to control and the stack. */
#include "instruction.h"

static void move_stack(struct instruction *ret, int64_t amount)
{
    ret->stack = STACK_MOVED;
    ret->amount = amount;
}

/* What is written to the register, if that is rsp or rbp: the value of another register and
 * `amount`, NO_REGISTER: something else. */
static void assign(struct instruction *ret, unsigned to, unsigned from, int64_t amount)
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
static void understand_arithmetic(const struct encoding *e, struct instruction *ret)
{
    unsigned operation = e->reg & 7;

    if (e->mod != 3 || e->rm != RSP || operation == 7)
        return;
    if (e->rex & REX_W && (operation == 0 || operation == 5))
        move_stack(ret, operation == 0 ? e->immediate : -e->immediate);
    else
        ret->stack = STACK_LOST;
}

/* Opcodes 00 to 3b of two operands: the first, or by bit 1 the second, is written, but for cmp. */
static void understand_two(const struct encoding *e, struct instruction *ret)
{
    bool to_reg = e->opcode & 2;
    unsigned operation = e->opcode >> 3;

    if (operation == 7 || !(e->opcode & 1)) /* bytes */
        return;
    if (to_reg ? e->reg == RSP : e->mod == 3 && e->rm == RSP)
        ret->stack = STACK_LOST;
    if (operation == 6 && e->mod == 3 && e->reg == RBP && e->rm == RBP) /* xor */
        ret->rbp = RBP_CLEARED;
}

static void understand_group_ff(const struct encoding *e, struct instruction *ret)
{
    switch (e->reg & 7) {
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
        if (e->base == R10 && e->index == NO_REGISTER && e->displacement == -8)
            ret->stack = STACK_COPIED;
        break;
    }
}

static void understand_one(const struct encoding *e, struct instruction *ret)
{
    bool wide = e->rex & REX_W;

    switch (e->opcode) {
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
        understand_arithmetic(e, ret);
        break;
    case 0x87: /* xchg */
        if (e->reg == RSP || (e->mod == 3 && e->rm == RSP))
            ret->stack = STACK_LOST;
        break;
    case 0x89: /* mov */
        if (e->mod == 3)
            assign(ret, e->rm, wide ? e->reg : NO_REGISTER, 0);
        break;
    case 0x8b:
        assign(ret, e->reg, wide && e->mod == 3 ? e->rm : NO_REGISTER, 0);
        break;
    case 0x8d: /* lea */
        assign(ret, e->reg, wide && e->index == NO_REGISTER ? e->base : NO_REGISTER,
               e->displacement);
        break;
    case 0xc7: /* mov, or xbegin */
        ret->flow = e->reg & 7 ? FLOW_BRANCH : FLOW_NEXT;
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
        understand_group_ff(e, ret);
        break;
    default:
        if ((e->opcode & 0xf0) == 0x70) {
            ret->flow = FLOW_BRANCH;
        } else if ((e->opcode & 0xf8) == 0x50) {
            move_stack(ret, -8);
            ret->rbp = e->rm == RBP ? RBP_PUSHED : RBP_SAME;
        } else if ((e->opcode & 0xf8) == 0x58) {
            move_stack(ret, 8);
            ret->rbp = e->rm == RBP ? RBP_POPPED : RBP_SAME;
            if (e->rm == RSP)
                ret->stack = STACK_LOST;
        } else if ((e->opcode & 0xf8) == 0x90 && e->rm == RSP) { /* xchg with rax */
            ret->stack = STACK_LOST;
        } else if (e->opcode < 0x40) {
            understand_two(e, ret);
        }
    }
    if (e->operand16 && ret->stack == STACK_MOVED)
        ret->stack = STACK_LOST;
}

static void understand_0f(const struct encoding *e, struct instruction *ret)
{
    switch (e->opcode) {
    case 0x0b: /* ud2, ud1, ud0 */
    case 0xb9:
    case 0xff:
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
        if ((e->opcode & 0xf0) == 0x80)
            ret->flow = FLOW_BRANCH;
        else if ((e->opcode & 0xf0) == 0x40 && e->reg == RSP) /* cmov */
            ret->stack = STACK_LOST;
    }
}

bool instruction_decode(const uint8_t *bytes, size_t size, struct instruction *ret)
{
    *ret = (struct instruction){ 0 };
    if (!encoding_decode(bytes, size, &ret->encoding))
        return false;
    if (ret->encoding.map == MAP_ONE)
        understand_one(&ret->encoding, ret);
    else if (ret->encoding.map == MAP_0F)
        understand_0f(&ret->encoding, ret);
    if (ret->flow == FLOW_JUMP || ret->flow == FLOW_BRANCH || ret->direct)
        ret->target = ret->encoding.immediate;
    return true;
}
