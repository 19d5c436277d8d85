/* expression.c - a stack machine without jumps, so that one run shows whether all runs are sound.
 */
#include "expression.h"

#include <errno.h>

#include <dwarf.h>

#include "symbolizer/image/cursor.h"

enum { STACK_MAX = 64 /* libunwind's has no more */ };

struct machine {
    struct cursor code;
    const struct expression_source *source;
    uint64_t stack[STACK_MAX];
    unsigned depth;
    int error;
};

static void fail(struct machine *m, int error)
{
    if (!m->error)
        m->error = error;
}

static void push(struct machine *m, uint64_t value)
{
    if (m->depth == STACK_MAX)
        fail(m, -EINVAL);
    else
        m->stack[m->depth++] = value;
}

/* The item at this distance from the top, to be changed. */
static uint64_t *item(struct machine *m, unsigned distance)
{
    static uint64_t none;

    if (distance < m->depth)
        return &m->stack[m->depth - 1 - distance];
    fail(m, -EINVAL);
    return &none;
}

static uint64_t pop(struct machine *m)
{
    uint64_t value = *item(m, 0);

    m->depth -= m->depth > 0;
    return value;
}

/* The number of `size` bytes that comes next, with a sign. */
static uint64_t take_signed(struct cursor *c, size_t size)
{
    uint64_t shift = 64 - 8 * size;
    return (uint64_t)((int64_t)(take_fixed(c, size) << shift) >> shift);
}

static void push_register(struct machine *m, unsigned number)
{
    uint64_t value = 0, offset = (uint64_t)take_sleb(&m->code);

    fail(m, m->source->read_register(m->source->context, number, &value));
    push(m, value + offset);
}

static void load(struct machine *m, size_t size)
{
    uint64_t *top = item(m, 0), value = 0;

    if (size != 1 && size != 2 && size != 4 && size != 8)
        fail(m, -EINVAL);
    if (m->error)
        return;
    fail(m, m->source->read_word(m->source->context, *top, &value));
    *top = size < 8 ? value & ((UINT64_C(1) << 8 * size) - 1) : value;
}

static void rotate(struct machine *m)
{
    uint64_t first = *item(m, 0), second = *item(m, 1), third = *item(m, 2);

    *item(m, 0) = second;
    *item(m, 1) = third;
    *item(m, 2) = first;
}

static uint64_t shift(uint8_t operation, uint64_t value, uint64_t count)
{
    if (operation == DW_OP_shra)
        return (uint64_t)((int64_t)value >> (count > 63 ? 63 : count));
    if (count > 63)
        return 0;
    return operation == DW_OP_shl ? value << count : value >> count;
}

/* False: no operation of one operand. */
static bool run_unary(uint8_t operation, uint64_t *top)
{
    switch (operation) {
    case DW_OP_abs:
        *top = (int64_t)*top < 0 ? -*top : *top;
        return true;
    case DW_OP_neg:
        *top = -*top;
        return true;
    case DW_OP_not:
        *top = ~*top;
        return true;
    default:
        return false;
    }
}

/* False: no operation of two operands. */
static bool run_binary(uint8_t operation, uint64_t left, uint64_t right, uint64_t *ret)
{
    switch (operation) {
    case DW_OP_and:
        *ret = left & right;
        return true;
    case DW_OP_or:
        *ret = left | right;
        return true;
    case DW_OP_xor:
        *ret = left ^ right;
        return true;
    case DW_OP_plus:
        *ret = left + right;
        return true;
    case DW_OP_minus:
        *ret = left - right;
        return true;
    case DW_OP_mul:
        *ret = left * right;
        return true;
    case DW_OP_shl:
    case DW_OP_shr:
    case DW_OP_shra:
        *ret = shift(operation, left, right);
        return true;
    case DW_OP_eq:
        *ret = left == right;
        return true;
    case DW_OP_ne:
        *ret = left != right;
        return true;
    case DW_OP_ge:
        *ret = (int64_t)left >= (int64_t)right;
        return true;
    case DW_OP_gt:
        *ret = (int64_t)left > (int64_t)right;
        return true;
    case DW_OP_le:
        *ret = (int64_t)left <= (int64_t)right;
        return true;
    case DW_OP_lt:
        *ret = (int64_t)left < (int64_t)right;
        return true;
    default:
        return false;
    }
}

static void run_arithmetic(struct machine *m, uint8_t operation)
{
    uint64_t result;

    if (run_unary(operation, item(m, 0)))
        return;
    if (run_binary(operation, *item(m, 1), *item(m, 0), &result)) {
        pop(m);
        *item(m, 0) = result;
    } else {
        fail(m, -EINVAL);
    }
}

static void run_operation(struct machine *m, uint8_t operation)
{
    struct cursor *c = &m->code;
    uint64_t value;

    switch (operation) {
    case DW_OP_nop:
        break;
    case DW_OP_lit0 ... DW_OP_lit31:
        push(m, operation - DW_OP_lit0);
        break;
    case DW_OP_const1u:
    case DW_OP_const2u:
    case DW_OP_const4u:
    case DW_OP_const8u:
        push(m, take_fixed(c, (size_t)1 << (operation - DW_OP_const1u) / 2));
        break;
    case DW_OP_const1s:
    case DW_OP_const2s:
    case DW_OP_const4s:
    case DW_OP_const8s:
        push(m, take_signed(c, (size_t)1 << (operation - DW_OP_const1s) / 2));
        break;
    case DW_OP_addr:
        push(m, take_fixed(c, 8));
        break;
    case DW_OP_breg0 ... DW_OP_breg16:
        push_register(m, operation - DW_OP_breg0);
        break;
    case DW_OP_plus_uconst:
        *item(m, 0) += take_uleb(c);
        break;
    case DW_OP_deref:
        load(m, 8);
        break;
    case DW_OP_deref_size:
        load(m, take_u8(c));
        break;
    case DW_OP_dup:
        push(m, *item(m, 0));
        break;
    case DW_OP_drop:
        pop(m);
        break;
    case DW_OP_over:
        push(m, *item(m, 1));
        break;
    case DW_OP_pick:
        push(m, *item(m, take_u8(c)));
        break;
    case DW_OP_swap:
        value = *item(m, 0);
        *item(m, 0) = *item(m, 1);
        *item(m, 1) = value;
        break;
    case DW_OP_rot:
        rotate(m);
        break;
    default:
        run_arithmetic(m, operation);
    }
}

int expression_evaluate(struct span expression, uint64_t initial,
                        const struct expression_source *source, uint64_t *ret)
{
    struct machine m = {
        { expression.bytes, expression.bytes + expression.size, false }, source, { initial }, 1, 0
    };

    while (!m.error && cursor_left(&m.code))
        run_operation(&m, take_u8(&m.code));
    uint64_t value = pop(&m);
    if (m.code.failed)
        fail(&m, -EINVAL);
    if (!m.error)
        *ret = value;
    return m.error;
}

static int give_zero(void *context, unsigned number, uint64_t *ret)
{
    (void)context, (void)number;
    *ret = 0;
    return 0;
}

static int give_zero_word(void *context, uint64_t address, uint64_t *ret)
{
    (void)context, (void)address;
    *ret = 0;
    return 0;
}

bool expression_is_sound(struct span expression)
{
    static const struct expression_source nothing = { give_zero, give_zero_word, NULL };
    uint64_t value;

    return !expression_evaluate(expression, 0, &nothing, &value);
}
