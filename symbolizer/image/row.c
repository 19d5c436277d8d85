/* row.c - makes rows of CFI and keeps them. */
#include "row.h"

#include <stdlib.h>

#include <dwarf.h>

#include "symbolizer/image/cursor.h"
#include "symbolizer/x86_64/sigframe.h"

enum { FIRST_SLOTS = 256, OFFSET_MAX = 1 << 30 };

void rows_deinit(struct rows *rows)
{
    for (size_t i = 0; i < rows->slot_count; i++)
        free(rows->slots[i].rules);
    free(rows->slots);
}

static bool fits(int64_t offset)
{
    return offset > -OFFSET_MAX && offset < OFFSET_MAX;
}

/* Is the caller's %rbp still in %rbp, or at the CFA? */
static bool is_simple(const struct rule *rbp)
{
    return rbp->kind == RULE_UNSPECIFIED || rbp->kind == RULE_SAME ||
           (rbp->kind == RULE_AT_CFA && rbp->offset && fits(rbp->offset));
}

/* Is this expression rsp + offset, and if it is a value, what is there? */
static bool is_at_rsp(struct span expression, uint64_t offset, bool value)
{
    struct cursor c = { expression.bytes, expression.bytes + expression.size, false };

    return take_u8(&c) == DW_OP_breg0 + DWARF_RSP && take_sleb(&c) == (int64_t)offset &&
           (!value || take_u8(&c) == DW_OP_deref) && !c.failed && !cursor_left(&c);
}

static bool is_saved_at_rsp(const struct rule *rule, uint64_t offset)
{
    return rule->kind == RULE_AT_EXPRESSION && is_at_rsp(rule->expression, offset, false);
}

/* Are the registers where the kernel puts them? */
static bool is_signal(const struct frame_rules *rules)
{
    const uint64_t rsp_at = sigframe_offset(REG_RSP);
    const struct rule *rsp = &rules->registers[DWARF_RSP];

    return rules->cfa_register == DWARF_REGISTERS &&
           is_at_rsp(rules->cfa_expression, rsp_at, true) &&
           (rsp->kind == RULE_UNSPECIFIED || is_saved_at_rsp(rsp, rsp_at)) &&
           is_saved_at_rsp(&rules->registers[DWARF_RIP], sigframe_offset(REG_RIP)) &&
           is_saved_at_rsp(&rules->registers[DWARF_RBP], sigframe_offset(REG_RBP));
}

/* Of rules that are not simple, without them. */
static struct row compile(const struct frame_rules *rules, bool signal)
{
    struct row row = { .kind = ROW_HARD };
    const struct rule *rip = &rules->registers[DWARF_RIP], *rbp = &rules->registers[DWARF_RBP];

    if (rip->kind == RULE_UNDEFINED)
        return (struct row){ .kind = ROW_OUTERMOST };
    if (rip->kind == RULE_UNSPECIFIED || rip->kind == RULE_SAME)
        return (struct row){ .kind = ROW_BAD };
    if (signal && is_signal(rules))
        return (struct row){ .kind = ROW_SIGNAL };
    bool in_rdi = rip->kind == RULE_IN_REGISTER && rip->offset == DWARF_RDI &&
                  rules->cfa_register == DWARF_RSP;
    bool at_cfa = rip->kind == RULE_AT_CFA && rip->offset == -8;
    if (signal || (!in_rdi && !at_cfa) || !is_simple(rbp) ||
        rules->registers[DWARF_RSP].kind != RULE_UNSPECIFIED || !fits(rules->cfa_offset))
        return row;
    if (in_rdi)
        row.kind = ROW_IN_RDI;
    else if (rules->cfa_register == DWARF_RSP)
        row.kind = ROW_CFA_RSP;
    else if (rules->cfa_register == DWARF_RBP)
        row.kind = ROW_CFA_RBP;
    else
        return row;
    row.cfa_offset = (int32_t)rules->cfa_offset;
    row.rbp_offset = rbp->kind == RULE_AT_CFA ? (int32_t)rbp->offset : 0;
    return row;
}

static struct row_slot *find_slot(const struct rows *rows, uint64_t vaddr)
{
    size_t mask = rows->slot_count - 1;
    size_t i = (size_t)((vaddr * 0x9e3779b97f4a7c15u) >> 32) & mask;

    while (rows->slots[i].vaddr && rows->slots[i].vaddr != vaddr)
        i = (i + 1) & mask;
    return &rows->slots[i];
}

/* Makes room for one more row; false: no memory. */
static bool grow(struct rows *rows)
{
    struct rows larger = { .slot_count = rows->slot_count ? 2 * rows->slot_count : FIRST_SLOTS };

    if (2 * (rows->count + 1) <= rows->slot_count)
        return true;
    larger.slots = calloc(larger.slot_count, sizeof(*larger.slots));
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < rows->slot_count; i++) {
        if (rows->slots[i].vaddr)
            *find_slot(&larger, rows->slots[i].vaddr) = rows->slots[i];
    }
    free(rows->slots);
    rows->slots = larger.slots;
    rows->slot_count = larger.slot_count;
    return true;
}

/* Makes the row at `vaddr`, of the rules that it gives too. */
static struct row make_row(const struct fde *fde, uint64_t vaddr, struct frame_rules *rules)
{
    return program_run(fde, vaddr, rules) < 0 ? (struct row){ .kind = ROW_BAD }
                                              : compile(rules, fde->signal);
}

/* NULL: no memory. */
static const struct frame_rules *keep_rules(struct row_slot *slot, const struct frame_rules *rules)
{
    slot->rules = malloc(sizeof(*rules));
    if (slot->rules)
        *slot->rules = *rules;
    return slot->rules;
}

struct row rows_find(struct rows *rows, const struct fde *fde, uint64_t vaddr)
{
    struct frame_rules rules;
    struct row row;

    if (!vaddr || !grow(rows)) {
        row = make_row(fde, vaddr, &rules);
        return row.kind == ROW_HARD ? (struct row){ .kind = ROW_BAD } : row;
    }
    struct row_slot *slot = find_slot(rows, vaddr);
    if (slot->vaddr)
        return slot->row;
    row = make_row(fde, vaddr, &rules);
    if (row.kind == ROW_HARD && !(row.rules = keep_rules(slot, &rules)))
        return (struct row){ .kind = ROW_BAD };
    slot->vaddr = vaddr;
    slot->row = row;
    rows->count++;
    return row;
}

const struct frame_rules *rows_rules(struct rows *rows, const struct fde *fde, uint64_t vaddr)
{
    struct frame_rules rules;

    if (rows_find(rows, fde, vaddr).kind == ROW_BAD || !rows->slot_count)
        return NULL;
    struct row_slot *slot = find_slot(rows, vaddr);
    if (!slot->vaddr || slot->rules)
        return slot->rules;
    return program_run(fde, vaddr, &rules) < 0 ? NULL : keep_rules(slot, &rules);
}
