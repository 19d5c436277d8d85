/* cfiprogram.c - an interpreter of CFI programs that keeps what rows need and checks all else. */
#include "cfiprogram.h"

#include <errno.h>

#include <dwarf.h>

#include "symbolizer/image/cursor.h"
#include "symbolizer/image/expression.h"

enum {
    PROGRAM_MAX = 1 << 15, /* bytes; the longest in Debian's libraries are of 8 KB (libclang) */
    REMEMBERED_MAX = 16,   /* states; compilers need one */
    CODE_ALIGN_MAX = 255,
};

struct machine {
    const struct cfi_program *program;
    struct frame_rules rules;   /* at `pc` */
    struct frame_rules initial; /* what the instructions of the CIE say: DW_CFA_restore */
    struct frame_rules remembered[REMEMBERED_MAX];
    unsigned depth; /* of these in use */
    uint64_t pc;
    bool bad;
    bool foreign; /* the instruction is about a register that is of no matter */
    bool strip;   /* overwrite such */
    /* What is looked for: the rules of the row around `wanted`. */
    uint64_t wanted;
    bool found;
    struct frame_rules *ret;
};

static struct span take_expression(struct machine *m, struct cursor *c)
{
    uint64_t size = take_uleb(c);
    struct span expression = { take(c, size), size };

    m->bad |= !expression.bytes || !expression_is_sound(expression);
    return expression;
}

/* In the unit of CFI data. */
static struct rule rule_at(const struct machine *m, int kind, uint64_t factored)
{
    return (struct rule){ kind, { (int64_t)(factored * (uint64_t)m->program->data_align) } };
}

static struct rule rule_by(struct machine *m, int kind, struct cursor *c)
{
    return (struct rule){ kind, { .expression = take_expression(m, c) } };
}

static void set_rule(struct machine *m, uint64_t number, struct rule rule)
{
    m->foreign |= number >= DWARF_REGISTERS;
    if (number < DWARF_REGISTERS)
        m->rules.registers[number] = rule;
}

static void restore(struct machine *m, uint64_t number)
{
    m->foreign |= number >= DWARF_REGISTERS;
    if (number < DWARF_REGISTERS)
        m->rules.registers[number] = m->initial.registers[number];
}

static void set_cfa(struct machine *m, uint64_t number, int64_t offset)
{
    m->bad |= number >= DWARF_REGISTERS;
    m->rules.cfa_register = number;
    m->rules.cfa_offset = offset;
    m->rules.has_cfa = true;
}

/* One half of a CFA. Behind an expression the offset is still the one before it, as in libunwind
 * and gcc's unwinder: hand-written code of libgcrypt relies on that. */
static void set_cfa_register(struct machine *m, uint64_t number)
{
    m->bad |= !m->rules.has_cfa;
    set_cfa(m, number, m->rules.cfa_offset);
}

static void set_cfa_offset(struct machine *m, int64_t offset)
{
    m->bad |= !m->rules.has_cfa;
    m->rules.cfa_offset = offset;
}

static int64_t scale(struct machine *m, int64_t factored)
{
    int64_t offset = 0;

    m->bad |= __builtin_mul_overflow(factored, m->program->data_align, &offset);
    return offset;
}

/* A new row begins; if it is beyond the wanted pc, the last one was the one. */
static void advance(struct machine *m, uint64_t delta)
{
    m->bad |= __builtin_add_overflow(m->pc, delta * m->program->code_align, &m->pc);
    if (m->pc > m->wanted && !m->found) {
        *m->ret = m->rules;
        m->found = true;
    }
}

static void remember(struct machine *m)
{
    if (m->depth == REMEMBERED_MAX)
        m->bad = true;
    else
        m->remembered[m->depth++] = m->rules;
}

/* libunwind brings back the CFA with the registers, as gcc's unwinder does. */
static void recall(struct machine *m)
{
    if (!m->depth)
        m->bad = true;
    else
        m->rules = m->remembered[--m->depth];
}

/* An instruction with its first operand, or all, in the following bytes. */
static void run_extended(struct machine *m, uint8_t operation, struct cursor *c)
{
    uint64_t number, other;

    switch (operation) {
    case DW_CFA_nop:
        break;
    case DW_CFA_advance_loc1:
        advance(m, take_fixed(c, 1));
        break;
    case DW_CFA_advance_loc2:
        advance(m, take_fixed(c, 2));
        break;
    case DW_CFA_advance_loc4:
        advance(m, take_fixed(c, 4));
        break;
    case DW_CFA_offset_extended:
        number = take_uleb(c);
        set_rule(m, number, rule_at(m, RULE_AT_CFA, take_uleb(c)));
        break;
    case DW_CFA_offset_extended_sf:
        number = take_uleb(c);
        set_rule(m, number, rule_at(m, RULE_AT_CFA, (uint64_t)take_sleb(c)));
        break;
    case DW_CFA_restore_extended:
        restore(m, take_uleb(c));
        break;
    case DW_CFA_undefined:
        set_rule(m, take_uleb(c), (struct rule){ RULE_UNDEFINED, { 0 } });
        break;
    case DW_CFA_same_value:
        set_rule(m, take_uleb(c), (struct rule){ RULE_SAME, { 0 } });
        break;
    case DW_CFA_register:
        number = take_uleb(c);
        other = take_uleb(c);
        set_rule(m, number, (struct rule){ RULE_IN_REGISTER, { (int64_t)other } });
        m->bad |= other >= DWARF_REGISTERS && !m->foreign;
        break;
    case DW_CFA_val_offset:
        number = take_uleb(c);
        set_rule(m, number, rule_at(m, RULE_IS_CFA, take_uleb(c)));
        break;
    case DW_CFA_val_offset_sf:
        number = take_uleb(c);
        set_rule(m, number, rule_at(m, RULE_IS_CFA, (uint64_t)take_sleb(c)));
        break;
    case DW_CFA_expression:
        number = take_uleb(c);
        set_rule(m, number, rule_by(m, RULE_AT_EXPRESSION, c));
        break;
    case DW_CFA_val_expression:
        number = take_uleb(c);
        set_rule(m, number, rule_by(m, RULE_IS_EXPRESSION, c));
        break;
    case DW_CFA_remember_state:
        remember(m);
        break;
    case DW_CFA_restore_state:
        recall(m);
        break;
    case DW_CFA_def_cfa:
        number = take_uleb(c);
        set_cfa(m, number, (int64_t)take_uleb(c));
        break;
    case DW_CFA_def_cfa_sf:
        number = take_uleb(c);
        set_cfa(m, number, scale(m, take_sleb(c)));
        break;
    case DW_CFA_def_cfa_register:
        set_cfa_register(m, take_uleb(c));
        break;
    case DW_CFA_def_cfa_offset:
        set_cfa_offset(m, (int64_t)take_uleb(c));
        break;
    case DW_CFA_def_cfa_offset_sf:
        set_cfa_offset(m, scale(m, take_sleb(c)));
        break;
    case DW_CFA_def_cfa_expression:
        m->rules.cfa_register = DWARF_REGISTERS;
        m->rules.has_cfa = true;
        m->rules.cfa_expression = take_expression(m, c);
        break;
    case DW_CFA_GNU_args_size:
        take_uleb(c);
        break;
    default: /* also DW_CFA_set_loc, which no assembler writes */
        m->bad = true;
    }
}

static void run_instruction(struct machine *m, struct cursor *c)
{
    uint8_t byte = take_u8(c), operand = byte & 0x3f;

    switch (byte & 0xc0) {
    case DW_CFA_advance_loc:
        advance(m, operand);
        break;
    case DW_CFA_offset:
        set_rule(m, operand, rule_at(m, RULE_AT_CFA, take_uleb(c)));
        break;
    case DW_CFA_restore:
        restore(m, operand);
        break;
    default:
        run_extended(m, operand, c);
    }
}

/* All of it, also beyond the wanted pc. */
static void run(struct machine *m, const struct span *span)
{
    struct cursor c = { span->bytes, span->bytes + span->size, false };

    while (!m->bad && cursor_left(&c)) {
        uint8_t *instruction = (uint8_t *)c.at;
        m->foreign = false;
        run_instruction(m, &c);
        if (m->strip && m->foreign && !c.failed)
            memset(instruction, DW_CFA_nop, (size_t)(c.at - instruction));
    }
    m->bad |= c.failed;
}

static int run_both(struct machine *m, const struct fde *fde, struct frame_rules *ret)
{
    const struct cfi_program *program = &fde->program;

    *ret = (struct frame_rules){ 0 };
    m->program = program;
    m->pc = fde->start;
    m->ret = ret;
    if (!program->code_align || program->code_align > CODE_ALIGN_MAX ||
        program->common.size > PROGRAM_MAX || program->own.size > PROGRAM_MAX)
        return -EINVAL;
    run(m, &program->common);
    m->bad |= m->pc != fde->start || m->depth; /* these are no instructions of a CIE */
    m->initial = m->rules;
    run(m, &program->own);
    if (!m->found)
        *ret = m->rules;
    m->bad |= !ret->has_cfa && ret->registers[REGISTER_RETURN].kind != RULE_UNDEFINED;
    return m->bad ? -EINVAL : 0;
}

int cfiprogram_run(const struct fde *fde, uint64_t vaddr, struct frame_rules *ret)
{
    struct machine m = { .wanted = vaddr };
    return run_both(&m, fde, ret);
}

void cfiprogram_strip(const struct fde *fde)
{
    struct machine m = { .strip = true };
    struct frame_rules rules;

    run_both(&m, fde, &rules);
}
