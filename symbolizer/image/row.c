/* row.c - makes rows of CFI and keeps them. */
#include "row.h"

#include <stdlib.h>

#include <dwarf.h>

#include "record/array.h"
#include "symbolizer/image/cursor.h"
#include "symbolizer/processor/sigframe.h"

enum { OFFSET_MAX = 1 << 30 };

void rows_deinit(struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->all[i].rules);
    free(rows->all);
    slots_deinit(&rows->slots);
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

/* Makes the row at `vaddr`, of the rules that it gives too. */
static struct row make_row(const struct fde *fde, uint64_t vaddr, struct frame_rules *rules)
{
    return cfiprogram_run(fde, vaddr, rules) < 0 ? (struct row){ .kind = ROW_BAD }
                                                 : compile(rules, fde->signal);
}

/* NULL: no memory. */
static const struct frame_rules *keep_rules(struct kept_row *kept, const struct frame_rules *rules)
{
    kept->rules = malloc(sizeof(*rules));
    if (kept->rules)
        *kept->rules = *rules;
    return kept->rules;
}

static struct kept_row *find_kept(const struct rows *rows, uint64_t vaddr)
{
    uint32_t found = SLOTS_FIND(i, &rows->slots, slots_mix(0, vaddr), rows->all[i].vaddr == vaddr);
    return found != SLOTS_NONE ? &rows->all[found] : NULL;
}

/* False: no memory. */
static bool keep(struct rows *rows, uint64_t vaddr, struct row *row,
                 const struct frame_rules *rules)
{
    struct kept_row kept = { .vaddr = vaddr };

    if (!ARRAY_ROOM(rows->all, rows->count, rows->capacity) ||
        (row->kind == ROW_HARD && !(row->rules = keep_rules(&kept, rules))))
        return false;
    if (slots_add(&rows->slots, slots_mix(0, vaddr), (uint32_t)rows->count)) {
        free(kept.rules);
        return false;
    }
    kept.row = *row;
    rows->all[rows->count++] = kept;
    return true;
}

struct row rows_find(struct rows *rows, const struct fde *fde, uint64_t vaddr)
{
    const struct kept_row *kept = find_kept(rows, vaddr);
    struct frame_rules rules;

    if (kept)
        return kept->row;
    struct row row = make_row(fde, vaddr, &rules);
    return keep(rows, vaddr, &row, &rules) || row.kind != ROW_HARD
               ? row
               : (struct row){ .kind = ROW_BAD };
}

const struct frame_rules *rows_rules(struct rows *rows, const struct fde *fde, uint64_t vaddr)
{
    struct frame_rules rules;

    if (rows_find(rows, fde, vaddr).kind == ROW_BAD)
        return NULL;
    struct kept_row *kept = find_kept(rows, vaddr);
    if (!kept || kept->rules)
        return kept ? kept->rules : NULL;
    return cfiprogram_run(fde, vaddr, &rules) < 0 ? NULL : keep_rules(kept, &rules);
}
