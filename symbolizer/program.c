/* program.c - an interpreter of CFI programs that keeps what rows need and checks all else. */
#include "program.h"

#include <errno.h>

#include <dwarf.h>

#include "symbolizer/cursor.h"

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
    /* What is looked for: the rules of the row around `wanted`. */
    uint64_t wanted;
    bool found;
    struct frame_rules *ret;
};

/*
 * Is this an expression that libunwind can be trusted with? Only operations that it reads as they
 * are (it knows no operands of DW_OP_constu, say) and that run forwards without a trap; its stack
 * it guards itself. Compilers, assemblers and the C library's authors use a few of these.
 */
static bool is_safe(struct cursor c)
{
    while (cursor_left(&c)) {
        uint8_t operation = take_u8(&c);
        switch (operation) {
        case DW_OP_const1u:
        case DW_OP_const1s:
        case DW_OP_pick:
        case DW_OP_deref_size:
            take(&c, 1);
            break;
        case DW_OP_const2u:
        case DW_OP_const2s:
            take(&c, 2);
            break;
        case DW_OP_const4u:
        case DW_OP_const4s:
            take(&c, 4);
            break;
        case DW_OP_addr:
        case DW_OP_const8u:
        case DW_OP_const8s:
            take(&c, 8);
            break;
        case DW_OP_plus_uconst:
        case DW_OP_breg0 ... DW_OP_breg16:
            take_uleb(&c);
            break;
        case DW_OP_lit0 ... DW_OP_lit31:
        case DW_OP_deref:
        case DW_OP_dup:
        case DW_OP_drop:
        case DW_OP_over:
        case DW_OP_swap:
        case DW_OP_rot:
        case DW_OP_abs:
        case DW_OP_and:
        case DW_OP_minus:
        case DW_OP_mul:
        case DW_OP_neg:
        case DW_OP_not:
        case DW_OP_or:
        case DW_OP_plus:
        case DW_OP_shl:
        case DW_OP_shr:
        case DW_OP_shra:
        case DW_OP_xor:
        case DW_OP_eq:
        case DW_OP_ge:
        case DW_OP_gt:
        case DW_OP_le:
        case DW_OP_lt:
        case DW_OP_ne:
        case DW_OP_nop:
            break;
        default:
            return false;
        }
    }
    return !c.failed;
}

/* Where the value is that an expression leads to; one that is a value itself ends in a load. */
static struct place take_expression(struct machine *m, struct cursor *c, bool value)
{
    const struct place elsewhere = { PLACE_ELSEWHERE, 0 };
    uint64_t size = take_uleb(c);
    const uint8_t *bytes = take(c, size);

    m->bad |= !bytes || !is_safe((struct cursor){ bytes, bytes + size, false });
    if (m->bad)
        return elsewhere;
    struct cursor e = { bytes, bytes + size, false };
    bool by_rsp = take_u8(&e) == DW_OP_breg0 + DWARF_RSP;
    int64_t offset = take_sleb(&e);
    if (!by_rsp || (value && take_u8(&e) != DW_OP_deref) || e.failed || cursor_left(&e))
        return elsewhere;
    return (struct place){ PLACE_AT_RSP, offset };
}

/* In the unit of CFI data; an offset that cannot be is as good as none. */
static struct place place_at(const struct machine *m, int64_t factored)
{
    int64_t offset;

    if (__builtin_mul_overflow(factored, m->program->data_align, &offset))
        return (struct place){ PLACE_ELSEWHERE, 0 };
    return (struct place){ PLACE_AT_CFA, offset };
}

static void set_place(struct machine *m, uint64_t number, struct place place)
{
    if (number < DWARF_REGISTERS)
        m->rules.registers[number] = place;
}

static void restore(struct machine *m, uint64_t number)
{
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
    const struct place elsewhere = { PLACE_ELSEWHERE, 0 }, in_rdi = { PLACE_IN_RDI, 0 };
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
        set_place(m, number, place_at(m, (int64_t)take_uleb(c)));
        break;
    case DW_CFA_offset_extended_sf:
        number = take_uleb(c);
        set_place(m, number, place_at(m, take_sleb(c)));
        break;
    case DW_CFA_restore_extended:
        restore(m, take_uleb(c));
        break;
    case DW_CFA_undefined:
        set_place(m, take_uleb(c), (struct place){ PLACE_UNDEFINED, 0 });
        break;
    case DW_CFA_same_value:
        set_place(m, take_uleb(c), (struct place){ PLACE_SAME, 0 });
        break;
    case DW_CFA_register:
        number = take_uleb(c);
        other = take_uleb(c);
        set_place(m, number, other == DWARF_RDI ? in_rdi : elsewhere);
        m->bad |= other >= DWARF_REGISTERS;
        break;
    case DW_CFA_val_offset:
    case DW_CFA_val_offset_sf:
        set_place(m, take_uleb(c), elsewhere);
        take_uleb(c);
        break;
    case DW_CFA_expression:
        number = take_uleb(c);
        set_place(m, number, take_expression(m, c, false));
        break;
    case DW_CFA_val_expression:
        set_place(m, take_uleb(c), elsewhere);
        take_expression(m, c, true);
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
        m->rules.cfa_saved = take_expression(m, c, true);
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
        set_place(m, operand, place_at(m, (int64_t)take_uleb(c)));
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

    while (!m->bad && cursor_left(&c))
        run_instruction(m, &c);
    m->bad |= c.failed;
}

int program_run(const struct fde *fde, uint64_t vaddr, struct frame_rules *ret)
{
    const struct cfi_program *program = &fde->program;
    struct machine m = { .program = program, .pc = fde->start, .wanted = vaddr, .ret = ret };

    *ret = (struct frame_rules){ 0 };
    if (!program->code_align || program->code_align > CODE_ALIGN_MAX ||
        program->common.size > PROGRAM_MAX || program->own.size > PROGRAM_MAX)
        return -EINVAL;
    run(&m, &program->common);
    m.bad |= m.pc != fde->start || m.depth; /* these are no instructions of a CIE */
    m.initial = m.rules;
    run(&m, &program->own);
    if (!m.found)
        *ret = m.rules;
    m.bad |= !ret->has_cfa && ret->registers[DWARF_RIP].kind != PLACE_UNDEFINED;
    return m.bad ? -EINVAL : 0;
}
