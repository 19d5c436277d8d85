/* row.c - makes rows of CFI and keeps them. */
#include "row.h"

#include <stdlib.h>

#include "symbolizer/program.h"

enum { FIRST_SLOTS = 256, OFFSET_MAX = 1 << 30 };

void rows_deinit(struct rows *rows)
{
    free(rows->slots);
}

static bool fits(int64_t offset)
{
    return offset > -OFFSET_MAX && offset < OFFSET_MAX;
}

/* Is the caller's %rbp still in %rbp, or at the CFA? */
static bool is_simple(const struct place *rbp)
{
    return rbp->kind == PLACE_UNSPECIFIED || rbp->kind == PLACE_SAME ||
           (rbp->kind == PLACE_AT_CFA && rbp->offset && fits(rbp->offset));
}

static bool is_at_rsp(const struct place *place, int64_t offset)
{
    return place->kind == PLACE_AT_RSP && place->offset == offset;
}

/* Are the registers where the kernel puts them, in struct rt_sigframe? */
static bool is_signal(const struct frame_rules *rules)
{
    enum { RBP_AT = 120, RSP_AT = 160, RIP_AT = 168 };
    const struct place *rsp = &rules->registers[DWARF_RSP];

    return rules->cfa_register == DWARF_REGISTERS && is_at_rsp(&rules->cfa_saved, RSP_AT) &&
           (rsp->kind == PLACE_UNSPECIFIED || is_at_rsp(rsp, RSP_AT)) &&
           is_at_rsp(&rules->registers[DWARF_RIP], RIP_AT) &&
           is_at_rsp(&rules->registers[DWARF_RBP], RBP_AT);
}

static struct row row_compile(const struct fde *fde, uint64_t vaddr)
{
    struct row row = { .kind = ROW_HARD };
    struct frame_rules rules;

    if (program_run(fde, vaddr, &rules) < 0)
        return (struct row){ .kind = ROW_BAD };
    row.expression = rules.cfa_register == DWARF_REGISTERS;
    const struct place *rip = &rules.registers[DWARF_RIP], *rbp = &rules.registers[DWARF_RBP];
    if (rip->kind == PLACE_UNDEFINED)
        return (struct row){ .kind = ROW_OUTERMOST };
    if (fde->signal && is_signal(&rules))
        return (struct row){ .kind = ROW_SIGNAL };
    bool in_rdi = rip->kind == PLACE_IN_RDI && rules.cfa_register == DWARF_RSP;
    bool at_cfa = rip->kind == PLACE_AT_CFA && rip->offset == -8;
    if (fde->signal || (!in_rdi && !at_cfa) || !is_simple(rbp) ||
        rules.registers[DWARF_RSP].kind != PLACE_UNSPECIFIED || !fits(rules.cfa_offset))
        return row;
    if (in_rdi)
        row.kind = ROW_IN_RDI;
    else if (rules.cfa_register == DWARF_RSP)
        row.kind = ROW_CFA_RSP;
    else if (rules.cfa_register == DWARF_RBP)
        row.kind = ROW_CFA_RBP;
    else
        return row;
    row.cfa_offset = (int32_t)rules.cfa_offset;
    row.rbp_offset = (int32_t)rbp->offset;
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

struct row rows_find(struct rows *rows, const struct fde *fde, uint64_t vaddr)
{
    if (!vaddr || !grow(rows))
        return row_compile(fde, vaddr);
    struct row_slot *slot = find_slot(rows, vaddr);
    if (!slot->vaddr) {
        *slot = (struct row_slot){ vaddr, row_compile(fde, vaddr) };
        rows->count++;
    }
    return slot->row;
}
