/* row.c - makes rows of CFI and keeps them. */
#include "row.h"

#include <stdlib.h>

#include <dwarf.h>

#include "record/array.h"
#include "symbolizer/image/cursor.h"
#include "symbolizer/processor/registerset.h"

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

/* Is the caller's fp still in fp, or at the CFA? */
static bool is_simple(const struct rule *fp)
{
    return fp->kind == RULE_UNSPECIFIED || fp->kind == RULE_SAME ||
           (fp->kind == RULE_AT_CFA && fp->offset && fits(fp->offset));
}

/* Is this expression sp + offset, and if it is a value, what is there? */
static bool is_at_sp(struct span expression, uint64_t offset, bool value)
{
    struct cursor c = { expression.bytes, expression.bytes + expression.size, false };

    return take_u8(&c) == DW_OP_breg0 + REGISTER_SP && take_sleb(&c) == (int64_t)offset &&
           (!value || take_u8(&c) == DW_OP_deref) && !c.failed && !cursor_left(&c);
}

static bool is_saved_at_sp(const struct rule *rule, uint64_t offset)
{
    return rule->kind == RULE_AT_EXPRESSION && is_at_sp(rule->expression, offset, false);
}

/* Are the registers where the kernel puts them? */
static bool is_signal(const struct frame_rules *rules)
{
    const uint64_t sp_at = registerset_signal_offset(REGISTER_SP);
    const struct rule *sp = &rules->registers[REGISTER_SP];

    return rules->cfa_register == DWARF_REGISTERS && is_at_sp(rules->cfa_expression, sp_at, true) &&
           (sp->kind == RULE_UNSPECIFIED || is_saved_at_sp(sp, sp_at)) &&
           is_saved_at_sp(&rules->registers[REGISTER_RETURN],
                          registerset_signal_offset(REGISTER_RETURN)) &&
           is_saved_at_sp(&rules->registers[REGISTER_FP], registerset_signal_offset(REGISTER_FP));
}

/* Of rules that are not simple, without them. */
static struct row compile(const struct frame_rules *rules, bool signal)
{
    struct row row = { .kind = ROW_HARD };
    const struct rule *address = &rules->registers[REGISTER_RETURN],
                      *fp = &rules->registers[REGISTER_FP];

    if (address->kind == RULE_UNDEFINED)
        return (struct row){ .kind = ROW_OUTERMOST };
    if (address->kind == RULE_UNSPECIFIED || address->kind == RULE_SAME)
        return (struct row){ .kind = ROW_BAD };
    if (signal && is_signal(rules))
        return (struct row){ .kind = ROW_SIGNAL };
    bool in_register = address->kind == RULE_IN_REGISTER && address->offset == REGISTER_OF_VFORK &&
                       rules->cfa_register == REGISTER_SP;
    bool at_cfa = address->kind == RULE_AT_CFA && address->offset == RETURN_AT_CFA;
    if (signal || (!in_register && !at_cfa) || !is_simple(fp) ||
        rules->registers[REGISTER_SP].kind != RULE_UNSPECIFIED || !fits(rules->cfa_offset))
        return row;
    if (in_register)
        row.kind = ROW_IN_REGISTER;
    else if (rules->cfa_register == REGISTER_SP)
        row.kind = ROW_CFA_SP;
    else if (rules->cfa_register == REGISTER_FP)
        row.kind = ROW_CFA_FP;
    else
        return row;
    row.cfa_offset = (int32_t)rules->cfa_offset;
    row.fp_offset = fp->kind == RULE_AT_CFA ? (int32_t)fp->offset : 0;
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
