/* cfi.c - the unwind table of this test's own program: known functions, gaps, and every corruption
 * of a byte. */
#include "test.h"

#include <elf.h>
#include <errno.h>
#include <link.h>

#include "symbolizer/image/cfi.h"

/* Our own .eh_frame_hdr and .eh_frame, as they are mapped (so "vaddr" is the address in memory). */
struct own {
    uint64_t header, header_size, end;
};

static int find_own(struct dl_phdr_info *info, size_t size, void *context)
{
    struct own *own = context;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_GNU_EH_FRAME) {
            own->header = info->dlpi_addr + p->p_vaddr;
            own->header_size = p->p_memsz;
        }
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uint64_t start = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_LOAD && own->header >= start && own->header < start + p->p_memsz)
            own->end = start + p->p_memsz;
    }
    return 1; /* the first is the executable */
}

static struct section copy(uint64_t start, size_t size)
{
    struct section s = { malloc(size), size, start };
    memcpy(s.bytes, (const void *)start, size);
    return s;
}

static struct cfi read_own(void)
{
    struct own own = { 0 };
    struct cfi cfi;
    uint64_t frames;

    dl_iterate_phdr(find_own, &own);
    struct section header = copy(own.header, own.header_size);
    assert_int_equal(cfi_frames_vaddr(&header, &frames), 0);
    assert_int_equal(cfi_init(&cfi, header, copy(frames, own.end - frames)), 0);
    return cfi;
}

static __attribute__((noinline)) int known_function(int x)
{
    __asm__ volatile("" : "+r"(x));
    return x + 1;
}

static void test_finds_functions(void **state)
{
    struct cfi cfi = read_own();
    struct fde fde;
    uint64_t start = (uint64_t)known_function;

    (void)state;
    assert_int_equal(known_function(1), 2);
    assert_int_equal(cfi_find(&cfi, start, &fde), 0);
    assert_int_equal(fde.start, start);
    assert_true(fde.end > start && fde.end < start + 4096);
    assert_false(fde.signal);
    uint64_t end = fde.end;
    assert_int_equal(cfi_find(&cfi, end - 1, &fde), 0);
    assert_int_equal(fde.start, start);
    assert_true(cfi_next_start(&cfi, start) >= end);
    cfi_deinit(&cfi);
}

static void test_outside(void **state)
{
    struct cfi cfi = read_own();
    struct fde fde;

    (void)state;
    assert_int_equal(cfi_find(&cfi, 0, &fde), -ENOENT);
    assert_int_equal(fde.end, 0);
    assert_int_equal(cfi_find(&cfi, UINT64_MAX, &fde), -ENOENT);
    assert_int_equal(cfi_next_start(&cfi, UINT64_MAX), UINT64_MAX);
    cfi_deinit(&cfi);
}

/* No corruption may lead out of the sections: the address sanitizer watches. */
static void test_corrupt_bytes(void **state)
{
    struct cfi cfi = read_own();
    uint64_t at = (uint64_t)known_function;
    struct fde fde;

    (void)state;
    for (size_t i = 0; i < cfi.frames.size; i++) {
        uint8_t byte = cfi.frames.bytes[i];
        for (int value = 0; value < 256; value += 51) {
            cfi.frames.bytes[i] = (uint8_t)value;
            int result = cfi_find(&cfi, at, &fde);
            assert_true(result == 0 || result == -ENOENT || result == -EINVAL);
        }
        cfi.frames.bytes[i] = byte;
    }
    for (size_t i = cfi.table; i < cfi.header.size; i++) {
        uint8_t byte = cfi.header.bytes[i];
        cfi.header.bytes[i] ^= 0xff;
        cfi_find(&cfi, at, &fde);
        cfi.header.bytes[i] = byte;
    }
    cfi_deinit(&cfi);
}

static void test_truncated(void **state)
{
    struct own own = { 0 };
    struct cfi cfi;

    (void)state;
    dl_iterate_phdr(find_own, &own);
    for (size_t size = 0; size < own.header_size; size++) {
        struct section header = copy(own.header, size);
        assert_int_equal(cfi_init(&cfi, header, (struct section){ 0 }), -EINVAL);
    }
    struct section header = copy(own.header, own.header_size);
    struct fde fde;
    assert_int_equal(cfi_init(&cfi, header, (struct section){ 0 }), 0);
    assert_int_equal(cfi_find(&cfi, (uint64_t)known_function, &fde), -EINVAL);
    cfi_deinit(&cfi);
}

/* A table made of .eh_frame alone gives the same answers as the linker's. */
static void test_without_header(void **state)
{
    struct cfi with = read_own(), without;
    struct fde a, b;

    (void)state;
    assert_int_equal(cfi_init_without_header(&without, copy(with.frames.vaddr, with.frames.size)),
                     0);
    assert_true(without.count >= with.count);
    for (size_t i = 0; i < with.count; i++) {
        int32_t start;
        memcpy(&start, with.header.bytes + with.table + 8 * i, sizeof(start));
        uint64_t at = with.header.vaddr + (uint64_t)(int64_t)start;
        assert_int_equal(cfi_find(&with, at, &a), 0);
        assert_int_equal(cfi_find(&without, at, &b), 0);
        assert_int_equal(a.start, b.start);
        assert_int_equal(a.end, b.end);
    }
    cfi_deinit(&without);
    for (size_t i = 0; i < with.frames.size; i++) {
        struct section damaged = copy(with.frames.vaddr, with.frames.size);
        damaged.bytes[i] ^= 0xff;
        if (!cfi_init_without_header(&without, damaged))
            cfi_deinit(&without);
    }
    cfi_deinit(&with);
}

static void test_words(void **state)
{
    struct cfi cfi = read_own();
    uint64_t word, last = cfi.frames.vaddr + cfi.frames.size - 1;

    (void)state;
    assert_true(cfi_word(&cfi, cfi.frames.vaddr, &word));
    assert_memory_equal(&word, cfi.frames.bytes, sizeof(word));
    assert_true(cfi_word(&cfi, last - 7, &word));
    assert_memory_equal(&word, cfi.frames.bytes + cfi.frames.size - 8, sizeof(word));
    /* At the edges: zeros, whatever is there in memory. */
    assert_true(cfi_word(&cfi, last, &word));
    assert_int_equal(word, cfi.frames.bytes[cfi.frames.size - 1]);
    assert_true(cfi_word(&cfi, cfi.header.vaddr - 7, &word));
    assert_int_equal(word, (uint64_t)cfi.header.bytes[0] << 56);
    assert_false(cfi_word(&cfi, last + 1, &word));
    assert_false(cfi_word(&cfi, cfi.header.vaddr - 8, &word));
    assert_false(cfi_word(&cfi, UINT64_MAX - 3, &word));
    cfi_deinit(&cfi);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_functions), cmocka_unit_test(test_outside),
        cmocka_unit_test(test_corrupt_bytes),   cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_without_header),  cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
