/* row.c - compiles CFI to rows. */
#include "row.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdlib.h>

#include "symbolizer/image.h"

enum { FIRST_SLOTS = 256, DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RIP = 16, OFFSET_MAX = 1 << 30 };

void rows_deinit(struct rows *rows)
{
    if (rows->cfi)
        dwarf_cfi_end(rows->cfi);
    if (rows->elf)
        elf_end(rows->elf);
    free(rows->slots);
}

static bool open_cfi(struct image *image)
{
    struct rows *rows = &image->rows;

    if (!rows->elf) {
        rows->elf = image->fd >= 0 ? elf_begin(image->fd, ELF_C_READ, NULL)
                                   : elf_memory((char *)image->bytes, image->size);
        rows->cfi = rows->elf ? dwarf_getcfi_elf(rows->elf) : NULL;
    }
    return rows->cfi;
}

/* Where a register of the caller is. */
enum place { PLACE_SAME, PLACE_UNDEFINED, PLACE_AT_CFA, PLACE_ELSEWHERE };

static enum place find_register(Dwarf_Frame *frame, int number, int64_t *offset)
{
    Dwarf_Op memory[3], *ops;
    size_t count;

    if (dwarf_frame_register(frame, number, memory, &ops, &count) < 0)
        return PLACE_ELSEWHERE;
    if (!count)
        return ops ? PLACE_UNDEFINED : PLACE_SAME;
    *offset = count == 2 ? (int64_t)ops[1].number : 0;
    if (ops[0].atom == DW_OP_call_frame_cfa &&
        (count == 1 || (count == 2 && ops[1].atom == DW_OP_plus_uconst)))
        return PLACE_AT_CFA;
    return PLACE_ELSEWHERE;
}

/* CFA = register + offset; false: another form. */
static bool find_cfa(Dwarf_Frame *frame, unsigned *number, int64_t *offset)
{
    Dwarf_Op *ops;
    size_t count;

    if (dwarf_frame_cfa(frame, &ops, &count) < 0 || count != 1)
        return false;
    if (ops[0].atom == DW_OP_bregx) {
        *number = (unsigned)ops[0].number;
        *offset = (int64_t)ops[0].number2;
    } else if (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31) {
        *number = ops[0].atom - DW_OP_breg0;
        *offset = (int64_t)ops[0].number;
    } else {
        return false;
    }
    return *number == DWARF_RSP || *number == DWARF_RBP;
}

static bool fits(int64_t offset)
{
    return offset > -OFFSET_MAX && offset < OFFSET_MAX;
}

static struct row row_of_frame(Dwarf_Frame *frame)
{
    struct row row = { ROW_HARD, 0, 0 };
    int64_t cfa = 0, rip = 0, rbp = 0;
    unsigned number;
    bool signal;

    enum place rip_place = find_register(frame, DWARF_RIP, &rip);
    enum place rbp_place = find_register(frame, DWARF_RBP, &rbp);
    if (rip_place == PLACE_UNDEFINED) {
        row.kind = ROW_OUTERMOST;
        return row;
    }
    if (dwarf_frame_info(frame, NULL, NULL, &signal) < 0 || signal ||
        !find_cfa(frame, &number, &cfa) || rip_place != PLACE_AT_CFA || rip != -8 || !fits(cfa))
        return row;
    if (rbp_place != PLACE_SAME && (rbp_place != PLACE_AT_CFA || !rbp || !fits(rbp)))
        return row;
    row.kind = number == DWARF_RSP ? ROW_CFA_RSP : ROW_CFA_RBP;
    row.cfa_offset = (int32_t)cfa;
    row.rbp_offset = (int32_t)rbp;
    return row;
}

static struct row row_compile(struct image *image, uint64_t vaddr)
{
    struct row row = { ROW_HARD, 0, 0 };
    Dwarf_Frame *frame;

    if (open_cfi(image) && !dwarf_cfi_addrframe(image->rows.cfi, vaddr, &frame)) {
        row = row_of_frame(frame);
        free(frame);
    }
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

struct row rows_find(struct image *image, uint64_t vaddr)
{
    struct rows *rows = &image->rows;

    if (!vaddr || !grow(rows))
        return row_compile(image, vaddr);
    struct row_slot *slot = find_slot(rows, vaddr);
    if (!slot->vaddr) {
        *slot = (struct row_slot){ vaddr, row_compile(image, vaddr) };
        rows->count++;
    }
    return slot->row;
}
