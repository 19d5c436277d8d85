/* debugframe.c - a .debug_frame made by hand: of each version, out of order, and damaged. */
#include "test.h"

#include <errno.h>

#include "symbolizer/image/debugframe.h"
#include "symbolizer/image/cfiprogram.h"

enum { VADDR = 0x400000, FIRST = 0x401000, SECOND = 0x402000, THIRD = 0x500000 };

/* DW_CFA_def_cfa rsp 8; DW_CFA_offset rip 1: as every function begins. */
#define BEGIN 0x0c, 7, 8, 0x90, 1
#define ALIGN 1, 0x78 /* of code, and of data: -8 */
#define U64(value) \
    (value) & 0xff, (value) >> 8 & 0xff, (value) >> 16 & 0xff, (value) >> 24 & 0xff, 0, 0, 0, 0
#define CIE  0xff, 0xff, 0xff, 0xff
#define NOPS 0, 0, 0

static const uint8_t debug_frame[] = {
    /* 0: an entry before its common entry, of version 4. DW_CFA_def_cfa_offset 32. */
    22, 0, 0, 0, 48, 0, 0, 0, U64(THIRD), U64(16), 0x0e, 32,
    /* 26: a common entry of version 1, and its code. */
    14, 0, 0, 0, CIE, 1, 0, ALIGN, 16, BEGIN, /* rip is a byte */
    0, 0, 0, 0,                               /* empty */
    /* 48: */
    19, 0, 0, 0, CIE, 4, 0, 8, 0, ALIGN, 16, BEGIN, NOPS,
    /* 71: DW_CFA_def_cfa_offset 16 at the fifth byte */
    23, 0, 0, 0, 26, 0, 0, 0, U64(FIRST), U64(64), 0x44, 0x0e, 16,
    /* of an entry that is not there */
    20, 0, 0, 0, 0, 0, 1, 0, U64(FIRST), U64(64),
    /* of version 1 again */
    20, 0, 0, 0, 26, 0, 0, 0, U64(SECOND), U64(8)
};

static struct section copy(const uint8_t *bytes, size_t size)
{
    struct section section = { malloc(size), size, 0 };
    memcpy(section.bytes, bytes, size);
    return section;
}

/* The tables of a .debug_frame; as those of an image have them. */
static int convert(struct section debug, struct cfi *ret)
{
    struct section frames;
    int result = debug_frame_convert(&debug, VADDR, &frames);

    if (!result) {
        assert_true(frames.size <= 2 * debug.size + 8);
        result = cfi_init_without_header(ret, frames);
    }
    free(debug.bytes);
    return result;
}

/* The distance from rsp to the CFA at `vaddr`. */
static int64_t cfa_offset(const struct cfi *cfi, uint64_t vaddr, uint64_t start, uint64_t end)
{
    struct frame_rules rules;
    struct fde fde;

    assert_int_equal(cfi_find(cfi, vaddr, &fde), 0);
    assert_int_equal(fde.start, start);
    assert_int_equal(fde.end, end);
    assert_int_equal(cfiprogram_run(&fde, vaddr, &rules), 0);
    assert_int_equal(rules.cfa_register, REGISTER_SP);
    assert_int_equal(rules.registers[REGISTER_RETURN].kind, RULE_AT_CFA);
    assert_int_equal(rules.registers[REGISTER_RETURN].offset, -8);
    return rules.cfa_offset;
}

static void test_versions(void **state)
{
    struct cfi cfi;
    struct fde fde;

    (void)state;
    assert_int_equal(convert(copy(debug_frame, sizeof(debug_frame)), &cfi), 0);
    assert_int_equal(cfi.count, 3);
    assert_int_equal(cfa_offset(&cfi, FIRST + 3, FIRST, FIRST + 64), 8);
    assert_int_equal(cfa_offset(&cfi, FIRST + 4, FIRST, FIRST + 64), 16);
    assert_int_equal(cfa_offset(&cfi, SECOND + 7, SECOND, SECOND + 8), 8);
    assert_int_equal(cfa_offset(&cfi, THIRD, THIRD, THIRD + 16), 32);
    assert_int_equal(cfi_find(&cfi, FIRST + 64, &fde), -ENOENT);
    cfi_deinit(&cfi);
}

static void test_damaged(void **state)
{
    struct cfi cfi;

    (void)state;
    assert_int_equal(convert(copy(debug_frame + 26, 22), &cfi), -EINVAL); /* no code */
    for (size_t i = 0; i < sizeof(debug_frame); i++) {
        struct section cut = copy(debug_frame, i), changed = copy(debug_frame, sizeof(debug_frame));
        changed.bytes[i] ^= 0xff;
        if (!convert(cut, &cfi))
            cfi_deinit(&cfi);
        if (!convert(changed, &cfi))
            cfi_deinit(&cfi);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
