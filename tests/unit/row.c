/*
 * row.c - unwind rows, compared with those that libdw makes: of this test's own program, of the C
 * library, the loader and the C++ library, or of the files that are named as arguments. And entries
 * that must be refused: the bytes that kill or hang libdw and libunwind.
 */
#include "loaded.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <unistd.h>

#include "symbolizer/image/cfiprogram.h"

enum { PCS_MAX = 300000, OFFSET_MAX = 1 << 30 };

/* ---- libdw's rows ---- */

/* Is this expression rsp + offset, behind the CFA that it is given? */
static bool is_by_rsp(const Dwarf_Op *ops, size_t count, int64_t offset)
{
    return count == 2 && ops[0].atom == DW_OP_call_frame_cfa &&
           ops[1].atom == DW_OP_breg0 + REGISTER_SP && (int64_t)ops[1].number == offset;
}

static bool saved_by_rsp(Dwarf_Frame *frame, int number, int64_t offset)
{
    Dwarf_Op memory[3], *ops;
    size_t count;

    return !dwarf_frame_register(frame, number, memory, &ops, &count) &&
           is_by_rsp(ops, count, offset);
}

/* Are the registers where struct rt_sigframe has them? */
static bool by_signal_frame(Dwarf_Frame *frame)
{
    Dwarf_Op *ops;
    size_t count;

    return !dwarf_frame_cfa(frame, &ops, &count) && count == 2 &&
           ops[0].atom == DW_OP_breg0 + REGISTER_SP && ops[0].number == 160 &&
           ops[1].atom == DW_OP_deref && saved_by_rsp(frame, REGISTER_FP, 120) &&
           saved_by_rsp(frame, REGISTER_SP, 160) && saved_by_rsp(frame, REGISTER_RETURN, 168);
}

/* Is the return address in %rdi? */
static bool in_rdi(Dwarf_Frame *frame)
{
    Dwarf_Op memory[3], *ops;
    size_t count;

    return !dwarf_frame_register(frame, REGISTER_RETURN, memory, &ops, &count) && count == 1 &&
           ops[0].atom == DW_OP_regx && ops[0].number == DWARF_RDI;
}

/* Where a register is, as an operation on the CFA. */
static bool at_cfa(Dwarf_Frame *frame, int number, bool *same, bool *undefined, int64_t *offset)
{
    Dwarf_Op memory[3], *ops;
    size_t count;

    *same = *undefined = false;
    *offset = 0;
    if (dwarf_frame_register(frame, number, memory, &ops, &count) < 0)
        return false;
    if (!count) {
        *undefined = ops;
        *same = !ops;
        return false;
    }
    *offset = count == 2 ? (int64_t)ops[1].number : 0;
    return ops[0].atom == DW_OP_call_frame_cfa &&
           (count == 1 || (count == 2 && ops[1].atom == DW_OP_plus_uconst));
}

static bool by_register(Dwarf_Frame *frame, unsigned *number, int64_t *offset)
{
    Dwarf_Op *ops;
    size_t count;

    if (dwarf_frame_cfa(frame, &ops, &count) < 0 || count != 1)
        return false;
    if (ops[0].atom == DW_OP_bregx) {
        *number = (unsigned)ops[0].number;
        *offset = (int64_t)ops[0].number2;
        return true;
    }
    *number = ops[0].atom - DW_OP_breg0;
    *offset = (int64_t)ops[0].number;
    return ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31;
}

static struct row expected_row(Dwarf_Frame *frame)
{
    const struct row hard = { .kind = ROW_HARD };
    struct row row = hard;
    int64_t cfa = 0, rip = 0, rbp = 0;
    unsigned number = 0;
    bool same, undefined, signal;

    bool rip_saved = at_cfa(frame, REGISTER_RETURN, &same, &undefined, &rip);
    if (undefined)
        return (struct row){ .kind = ROW_OUTERMOST };
    bool rbp_saved = at_cfa(frame, REGISTER_FP, &same, &undefined, &rbp);
    if (dwarf_frame_info(frame, NULL, NULL, &signal) < 0)
        return hard;
    if (signal && by_signal_frame(frame))
        return (struct row){ .kind = ROW_SIGNAL };
    bool in_register = in_rdi(frame);
    if (signal || !by_register(frame, &number, &cfa) ||
        (!in_register && (!rip_saved || rip != -8)) || (!same && !rbp_saved) ||
        (in_register && number != REGISTER_SP))
        return hard;
    if (number != REGISTER_SP && number != REGISTER_FP)
        return hard;
    row.kind = in_register ? ROW_IN_REGISTER : number == REGISTER_SP ? ROW_CFA_SP : ROW_CFA_FP;
    row.cfa_offset = (int32_t)cfa;
    row.fp_offset = (int32_t)rbp;
    return row;
}

/* ---- Comparison ---- */

static void compare(const char *path, struct image *image, Dwarf_CFI *cfi, uint64_t vaddr)
{
    struct fde fde;
    Dwarf_Frame *frame;

    if (cfi_find(&image->cfi, vaddr, &fde) < 0)
        fail_msg("%s: no entry for %#lx", path, vaddr);
    struct row row = rows_find(&image->rows, &fde, vaddr);
    if (dwarf_cfi_addrframe(cfi, vaddr, &frame))
        fail_msg("%s: libdw has no entry for %#lx: %s", path, vaddr, dwarf_errmsg(-1));
    struct row expected = expected_row(frame);
    free(frame);
    if (row.kind == ROW_HARD)
        row = (struct row){ .kind = ROW_HARD };
    if (row.kind != expected.kind || row.cfa_offset != expected.cfa_offset ||
        row.fp_offset != expected.fp_offset)
        fail_msg("%s: at %#lx the row is %d %d %d, libdw's %d %d %d", path, vaddr, row.kind,
                 row.cfa_offset, row.fp_offset, expected.kind, expected.cfa_offset,
                 expected.fp_offset);
}

/* Every pc of every entry; of large files, fewer. */
static size_t compare_entries(const char *path, struct image *image, Dwarf_CFI *cfi)
{
    size_t compared = 0;
    uint64_t stride = 1;
    struct fde fde;

    for (size_t i = 0; i < image->segment_count; i++)
        if (image->segments[i].executable)
            stride += image->segments[i].size / PCS_MAX;
    for (uint64_t at = cfi_next_start(&image->cfi, 0); at != UINT64_MAX;
         at = cfi_next_start(&image->cfi, at)) {
        int found = cfi_find(&image->cfi, at, &fde);
        assert_true(!found || (found == -ENOENT && fde.start == fde.end));
        for (uint64_t pc = fde.start; pc < fde.end; pc += stride, compared++)
            compare(path, image, cfi, pc);
    }
    return compared;
}

static void compare_file(const char *path)
{
    struct images images;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    images_init(&images, number_module, NULL);
    struct image *image = load_file(&images, path);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    Dwarf_CFI *cfi = dwarf_getcfi_elf(elf);
    assert_true(cfi && compare_entries(path, image, cfi) > 100);
    dwarf_cfi_end(cfi);
    elf_end(elf);
    images_deinit(&images);
    close(fd);
}

static void test_same_as_libdw(void **state)
{
    static const char *const libraries[] = {
        "/proc/self/exe",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib64/ld-linux-x86-64.so.2",
        "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(libraries); i++)
        if (!access(libraries[i], R_OK))
            compare_file(libraries[i]);
}

/* ---- Programs by hand ---- */

/* The kind of the row at the start of code that has this program. */
static enum row_kind kind_of(const uint8_t *bytes, size_t size)
{
    /* CFA = rsp + 8, rip at CFA - 8, as every compiler begins. */
    static const uint8_t common[] = { DW_CFA_def_cfa, REGISTER_SP, 8,
                                      DW_CFA_offset | REGISTER_RETURN, 1 };
    struct fde fde = { .start = 0x1000,
                       .end = 0x2000,
                       .program = { 1, -8, { common, sizeof(common) }, { bytes, size } } };
    struct rows rows = { 0 };
    enum row_kind kind = rows_find(&rows, &fde, 0x1000).kind;

    rows_deinit(&rows);
    return kind;
}

#define BYTES(...)                            \
    sizeof((const uint8_t[]){ __VA_ARGS__ }), \
    {                                         \
        __VA_ARGS__                           \
    }
#define CFA_EXPRESSION(...) \
    BYTES(DW_CFA_def_cfa_expression, sizeof((const uint8_t[]){ __VA_ARGS__ }), __VA_ARGS__)

static void test_programs(void **state)
{
    static const struct {
        enum row_kind kind;
        size_t size;
        uint8_t bytes[24];
    } programs[] = {
        { ROW_CFA_SP, BYTES(DW_CFA_nop) },
        { ROW_CFA_FP, BYTES(DW_CFA_def_cfa_register, REGISTER_FP) },
        { ROW_HARD, BYTES(DW_CFA_def_cfa_register, 10) },
        { ROW_IN_REGISTER, BYTES(DW_CFA_register, REGISTER_RETURN, DWARF_RDI) },
        { ROW_HARD, BYTES(DW_CFA_register, REGISTER_RETURN, 4) },
        { ROW_HARD, BYTES(DW_CFA_register, REGISTER_RETURN, DWARF_RDI, DW_CFA_def_cfa_register,
                          REGISTER_FP) },
        { ROW_HARD, BYTES(DW_CFA_same_value, REGISTER_SP) },
        { ROW_HARD, BYTES(DW_CFA_undefined, REGISTER_FP) },
        { ROW_HARD, BYTES(DW_CFA_val_offset, REGISTER_FP, 1) },
        { ROW_BAD, BYTES(DW_CFA_same_value, REGISTER_RETURN) },
        /* Vector registers are of no matter, but to keep another one. */
        { ROW_CFA_SP, BYTES(DW_CFA_offset | 23, 1, DW_CFA_register, 24, 25) },
        { ROW_BAD, BYTES(DW_CFA_register, REGISTER_RETURN, 23) },
        { ROW_OUTERMOST, BYTES(DW_CFA_undefined, REGISTER_RETURN) },
        { ROW_CFA_SP, BYTES(DW_CFA_undefined, REGISTER_RETURN, DW_CFA_restore | REGISTER_RETURN) },
        { ROW_CFA_SP, BYTES(DW_CFA_remember_state, DW_CFA_def_cfa_register, REGISTER_FP,
                            DW_CFA_restore_state) },
        { ROW_CFA_SP,
          BYTES(DW_CFA_def_cfa_expression, 1, DW_OP_lit0, DW_CFA_def_cfa_register, REGISTER_SP) },
        { ROW_HARD, BYTES(DW_CFA_def_cfa_expression, 1, DW_OP_lit0, DW_CFA_def_cfa_offset, 8) },
        /* What comes later does not matter, if it is sound. */
        { ROW_CFA_SP, BYTES(DW_CFA_advance_loc | 1, DW_CFA_def_cfa_register, REGISTER_FP) },
        { ROW_BAD, BYTES(DW_CFA_advance_loc | 1, DW_CFA_restore_state) },
        /* Of a PLT. */
        { ROW_HARD, CFA_EXPRESSION(DW_OP_breg0 + REGISTER_SP, 8, DW_OP_breg0 + REGISTER_RETURN, 0,
                                   DW_OP_lit15, DW_OP_and, DW_OP_lit11, DW_OP_ge, DW_OP_lit3,
                                   DW_OP_shl, DW_OP_plus) },
        /* libunwind 1.6.2 divides the least number by -1, and dies. */
        { ROW_BAD, CFA_EXPRESSION(DW_OP_const8s, 0, 0, 0, 0, 0, 0, 0, 0x80, DW_OP_const1s, 0xff,
                                  DW_OP_div) },
        /* Turns for ever. */
        { ROW_BAD, CFA_EXPRESSION(DW_OP_skip, 0xfd, 0xff) },
        { ROW_BAD, CFA_EXPRESSION(DW_OP_lit1, DW_OP_bra, 0xfc, 0xff) },
        /* Takes the operand for an operation. */
        { ROW_BAD, CFA_EXPRESSION(DW_OP_constu, DW_OP_skip) },
        { ROW_BAD, CFA_EXPRESSION(DW_OP_bregx, REGISTER_SP, DW_OP_skip) },
        /* Longer than the entry; cut off. */
        { ROW_BAD, BYTES(DW_CFA_def_cfa_expression, 0xff, 0xff, 0x7f, DW_OP_lit0) },
        { ROW_BAD, BYTES(DW_CFA_def_cfa_expression, 1, DW_OP_addr) },
        { ROW_BAD, BYTES(DW_CFA_def_cfa, REGISTER_SP) },
        { ROW_BAD, BYTES(DW_CFA_def_cfa, 99, 8) },
        /* libdw 0.188 takes 2 GB for this register, and as much for each state remembered. */
        { ROW_CFA_SP, BYTES(DW_CFA_undefined, 0xff, 0xff, 0xff, 0x3f) },
        { ROW_BAD, BYTES(DW_CFA_set_loc, 0, 0, 0, 0) },
        { ROW_BAD, BYTES(DW_CFA_def_cfa_offset, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
                         0x80, 0x80, 0) },
        { ROW_BAD, BYTES(DW_CFA_low_user) },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(programs); i++) {
        enum row_kind kind = kind_of(programs[i].bytes, programs[i].size);
        if (kind != programs[i].kind)
            fail_msg("program %zu has a row of kind %d", i, kind);
    }
}

/* What libunwind is not to see of vector registers is gone, and nothing else. */
static void test_strip(void **state)
{
    uint8_t common[] = { DW_CFA_def_cfa, REGISTER_SP, 8, DW_CFA_offset | REGISTER_RETURN, 1 };
    uint8_t own[] = { DW_CFA_advance_loc | 1,
                      DW_CFA_offset | 23,
                      4,
                      DW_CFA_expression,
                      24,
                      2,
                      DW_OP_breg0 + REGISTER_SP,
                      16,
                      DW_CFA_offset | REGISTER_FP,
                      2,
                      DW_CFA_restore_extended,
                      0x80,
                      1,
                      DW_CFA_register,
                      25,
                      26 };
    const uint8_t stripped[] = { DW_CFA_advance_loc | 1,      0, 0, 0, 0, 0, 0, 0,
                                 DW_CFA_offset | REGISTER_FP, 2, 0, 0, 0, 0, 0, 0 };
    const struct fde fde = { .start = 0x1000,
                             .end = 0x2000,
                             .program = {
                                 1, -8, { common, sizeof(common) }, { own, sizeof(own) } } };
    struct frame_rules before, after;

    (void)state;
    assert_int_equal(cfiprogram_run(&fde, 0x1001, &before), 0);
    cfiprogram_strip(&fde);
    assert_memory_equal(own, stripped, sizeof(own));
    assert_int_equal(common[0], DW_CFA_def_cfa);
    assert_int_equal(cfiprogram_run(&fde, 0x1001, &after), 0);
    for (unsigned i = 0; i < DWARF_REGISTERS; i++)
        assert_int_equal(before.registers[i].kind, after.registers[i].kind);
    assert_int_equal(after.registers[REGISTER_FP].kind, RULE_AT_CFA);
    assert_int_equal(after.registers[REGISTER_FP].offset, -16);
}

static void test_limits(void **state)
{
    static uint8_t bytes[1 << 16];

    (void)state;
    memset(bytes, DW_CFA_nop, sizeof(bytes));
    assert_int_equal(kind_of(bytes, 1 << 15), ROW_CFA_SP);
    assert_int_equal(kind_of(bytes, sizeof(bytes)), ROW_BAD);
    memset(bytes, DW_CFA_remember_state, 17);
    assert_int_equal(kind_of(bytes, 16), ROW_CFA_SP);
    assert_int_equal(kind_of(bytes, 17), ROW_BAD);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_libdw),
        cmocka_unit_test(test_programs),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_limits),
    };

    for (int i = 1; i < argc; i++)
        compare_file(argv[i]);
    return argc > 1 ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
}
