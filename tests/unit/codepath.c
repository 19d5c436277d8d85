/*
 * codepath.c - what is found by following the instructions of system libraries must be what their
 * unwind information says; the shapes of code without (fixtures/codepath.S); and instructions that
 * move the stack, as the assembler writes them.
 */
#include "loaded.h"
#include "scratch.h"

#include "symbolizer/unwind/codepath.h"
#include "symbolizer/unwind/functions.h"
#include "symbolizer/processor/x86_64/instruction.h"

enum { PCS = 20000 }; /* that are compared of each library */

static void load(struct images *images, const char *path, struct image **ret)
{
    images_init(images, number_module, NULL);
    *ret = load_file(images, path);
    function_start(images, *ret, 0); /* reads them all */
}

struct counts {
    size_t all, none, wrong;
};

/* To follow the code of an image out to its returns. */
struct outwards {
    struct image *image;
    struct codepath path; /* of the first */
};

static size_t read_code(void *context, uint64_t address, uint8_t *buffer, size_t size)
{
    const struct outwards *out = context;
    uint64_t offset;

    if (!image_offset(out->image, address, &offset))
        return 0;
    while (size && !image_bytes(out->image, offset, buffer, size))
        size /= 2;
    return size;
}

static bool is_start(void *context, uint64_t address)
{
    const struct outwards *out = context;
    return functions_has(out->image, address);
}

static bool accept_first(void *context, const struct codepath *path)
{
    ((struct outwards *)context)->path = *path;
    return true;
}

static bool find_out(struct image *image, uint64_t pc, struct codepath *ret)
{
    struct outwards out = { .image = image };
    const struct codepath_source source = { read_code, is_start, accept_first, &out };
    bool found = codepath_find_out(&source, pc);

    *ret = out.path;
    return found;
}

/* Not the part of one that compilers put elsewhere, where the stack has been moved already. */
static bool is_function(struct image *image, const struct fde *fde)
{
    struct row row = rows_find(&image->rows, fde, fde->start);
    return row.kind == ROW_CFA_SP && row.cfa_offset == 8 && !row.fp_offset;
}

/* Once rbp has been restored, it is also still where it was saved: compilers do not tell. */
static bool is_popped(const struct codepath *path, const struct row *row)
{
    return !path->row.fp_offset && row->fp_offset;
}

static void count(struct counts *counts, bool found, const struct codepath *path,
                  const struct row *row)
{
    counts->all++;
    if (!found)
        counts->none++;
    else if (path->row.kind == row->kind)
        counts->wrong += path->row.cfa_offset != row->cfa_offset ||
                         (path->row.fp_offset != row->fp_offset && !is_popped(path, row));
}

/* At one pc that has a simple row. */
static void compare(struct image *image, const struct fde *fde, uint64_t vaddr,
                    struct counts *counts)
{
    struct row row = rows_find(&image->rows, fde, vaddr);
    struct codepath path;

    if (row.kind != ROW_CFA_SP && row.kind != ROW_CFA_FP)
        return;
    count(&counts[0], codepath_find(image, fde->start, vaddr, &path), &path, &row);
}

/* From the start of a function, and from what is behind its calls, where a walk goes on. */
static void compare_out(struct image *image, const struct fde *fde, struct counts *counts)
{
    uint8_t code[4096];
    uint64_t offset, size = fde->end - fde->start;
    struct instruction i;

    if (size > sizeof(code) || !image_offset(image, fde->start, &offset) ||
        !image_bytes(image, offset, code, size))
        return;
    for (uint64_t at = 0; at < size && instruction_decode(code + at, size - at, &i);) {
        at += i.encoding.length;
        struct row row = rows_find(&image->rows, fde, fde->start + at - 1);
        struct codepath path;
        if (i.flow == FLOW_CALL && (row.kind == ROW_CFA_SP || row.kind == ROW_CFA_FP))
            count(counts, find_out(image, fde->start + at, &path), &path, &row);
    }
}

static void compare_all(struct image *image, struct counts *inwards, struct counts *outwards)
{
    uint64_t size = 0;
    struct fde fde;

    for (size_t i = 0; i < image->segment_count; i++)
        size += image->segments[i].executable ? image->segments[i].size : 0;
    for (uint64_t at = cfi_next_start(&image->cfi, 0); at != UINT64_MAX;
         at = cfi_next_start(&image->cfi, at)) {
        if (cfi_find(&image->cfi, at, &fde) < 0 || fde.signal || !is_function(image, &fde))
            continue;
        for (uint64_t pc = fde.start + at % 7; pc < fde.end; pc += 1 + size / PCS)
            compare(image, &fde, pc, inwards);
        if (at % 7 == 0)
            compare_out(image, &fde, outwards);
    }
}

/* Not found may be what stands behind a call that does not return. */
static void check_counts(const char *path, const char *what, const struct counts *counts,
                         size_t most_none)
{
    print_message("%s, %s: %zu pcs, %zu not found, %zu wrong\n", path, what, counts->all,
                  counts->none, counts->wrong);
    assert_true(counts->all > 100);
    assert_true(counts->none <= counts->all * most_none / 100);
    assert_true(counts->wrong <= counts->all / 50);
}

static void test_same_as_unwind_information(void **state)
{
    static const char *const libraries[] = {
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib64/ld-linux-x86-64.so.2",
        "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(libraries); i++) {
        struct counts inwards = { 0 }, outwards = { 0 };
        struct images images;
        struct image *image;
        if (access(libraries[i], R_OK))
            continue;
        load(&images, libraries[i], &image);
        compare_all(image, &inwards, &outwards);
        images_deinit(&images);
        check_counts(libraries[i], "from the start", &inwards, 10);
        check_counts(libraries[i], "to the return", &outwards, 50);
    }
}

/* The code of fixtures/codepath.S, and what is known of its functions. */
static struct image *load_fixture(struct images *images)
{
    struct image *image;
    char *path = path_of("codepath.so");

    shell("%s -shared -nostdlib -o codepath.so %s", FIXTURE_COMPILER, FIXTURE_SOURCE);
    load(images, path, &image);
    free(path);
    return image;
}

static uint64_t vaddr_of(const struct image *image, const char *text)
{
    uint64_t ret;
    assert_true(image_vaddr(image, offset_of("codepath.so", text), &ret));
    return ret;
}

static void assert_row(const struct codepath *path, enum row_kind kind, int cfa, int rbp)
{
    assert_int_equal(path->row.kind, kind);
    assert_int_equal(path->row.cfa_offset, cfa);
    assert_int_equal(path->row.fp_offset, rbp);
}

static void test_call_that_does_not_return(void **state)
{
    static const char before[] = "start of table function";
    struct codepath path;
    struct images images;
    struct image *image = load_fixture(&images);

    (void)state;
    uint64_t start = vaddr_of(image, before) + sizeof(before) - 1;
    assert_int_equal(function_start(&images, image, start), start);
    assert_true(codepath_find(image, start, vaddr_of(image, " at tabl"), &path));
    assert_row(&path, ROW_CFA_SP, 48, 0);
    images_deinit(&images);
}

static void test_to_the_return(void **state)
{
    enum { TEXT = 8 }; /* bytes, that end the instruction before */
    struct codepath path;
    struct images images;
    struct image *image = load_fixture(&images);

    (void)state;
    assert_true(find_out(image, vaddr_of(image, " at tail") + TEXT, &path));
    assert_row(&path, ROW_CFA_SP, 48, -16);
    assert_true(find_out(image, vaddr_of(image, " at fram") + TEXT, &path));
    assert_row(&path, ROW_CFA_FP, 16, -16);
    assert_true(find_out(image, vaddr_of(image, " at tabl") + TEXT, &path));
    assert_row(&path, ROW_CFA_SP, 48, 0);
    images_deinit(&images);
}

static void test_instructions(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[INSTRUCTION_MAX];
        struct instruction is;
    } cases[] = {
        { "push %rbp",
          { 0x55 },
          { .encoding.length = 1, .stack = STACK_MOVED, .amount = -8, .rbp = RBP_PUSHED } },
        { "push %r13",
          { 0x41, 0x55 },
          { .encoding.length = 2, .stack = STACK_MOVED, .amount = -8 } },
        { "pop %rbp",
          { 0x5d },
          { .encoding.length = 1, .stack = STACK_MOVED, .amount = 8, .rbp = RBP_POPPED } },
        { "pop %rsp", { 0x5c }, { .encoding.length = 1, .stack = STACK_LOST, .amount = 8 } },
        { "push -8(%r10)",
          { 0x41, 0xff, 0x72, 0xf8 },
          { .encoding.length = 4, .stack = STACK_COPIED, .amount = -8 } },
        { "mov %rsp,%rbp", { 0x48, 0x89, 0xe5 }, { .encoding.length = 3, .rbp = RBP_FROM_RSP } },
        { "mov %rsp,%rbp, the other way",
          { 0x48, 0x8b, 0xec },
          { .encoding.length = 3, .rbp = RBP_FROM_RSP } },
        { "lea 16(%rsp),%rbp",
          { 0x48, 0x8d, 0x6c, 0x24, 0x10 },
          { .encoding.length = 5, .rbp = RBP_FROM_RSP, .frame = 16 } },
        { "lea -24(%rbp),%rsp",
          { 0x48, 0x8d, 0x65, 0xe8 },
          { .encoding.length = 4, .stack = STACK_FROM_RBP, .amount = -24 } },
        { "sub $0x1000,%rsp",
          { 0x48, 0x81, 0xec, 0, 0x10, 0, 0 },
          { .encoding.length = 7, .stack = STACK_MOVED, .amount = -0x1000 } },
        { "add $8,%rsp",
          { 0x48, 0x83, 0xc4, 8 },
          { .encoding.length = 4, .stack = STACK_MOVED, .amount = 8 } },
        { "cmp $8,%rsp", { 0x48, 0x83, 0xfc, 8 }, { .encoding.length = 4 } },
        { "and $-16,%rsp",
          { 0x48, 0x83, 0xe4, 0xf0 },
          { .encoding.length = 4, .stack = STACK_LOST } },
        { "sub %rax,%rsp", { 0x48, 0x29, 0xc4 }, { .encoding.length = 3, .stack = STACK_LOST } },
        { "xor %ebp,%ebp", { 0x31, 0xed }, { .encoding.length = 2, .rbp = RBP_CLEARED } },
        { "xor %ch,%ch", { 0x30, 0xed }, { .encoding.length = 2 } },
        { "leave", { 0xc9 }, { .encoding.length = 1, .rbp = RBP_LEFT } },
        { "ret", { 0xc3 }, { .encoding.length = 1, .flow = FLOW_RETURN } },
        { "hlt", { 0xf4 }, { .encoding.length = 1, .flow = FLOW_END } },
        { "jmp -2", { 0xeb, 0xfe }, { .encoding.length = 2, .flow = FLOW_JUMP, .target = -2 } },
        { "jne +0x100",
          { 0x0f, 0x85, 0, 1, 0, 0 },
          { .encoding.length = 6, .flow = FLOW_BRANCH, .target = 0x100 } },
        { "jmp *%rax", { 0xff, 0xe0 }, { .encoding.length = 2, .flow = FLOW_COMPUTED } },
        { "call *8(%rax)", { 0xff, 0x50, 8 }, { .encoding.length = 3, .flow = FLOW_CALL } },
        { "movabs $1,%rax", { 0x48, 0xb8, 1 }, { .encoding.length = 10 } },
        { "vpshufd $1,%ymm1,%ymm2", { 0xc5, 0xfd, 0x70, 0xd1, 1 }, { .encoding.length = 5 } },
    };

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct instruction is, expected = cases[i].is;
        bool direct = expected.flow == FLOW_JUMP || expected.flow == FLOW_BRANCH;
        if (!instruction_decode(cases[i].bytes, INSTRUCTION_MAX, &is) ||
            is.encoding.length != expected.encoding.length || is.flow != expected.flow ||
            is.stack != expected.stack || is.amount != expected.amount || is.rbp != expected.rbp ||
            is.frame != expected.frame || (direct && is.target != expected.target))
            fail_msg("%s", cases[i].what);
    }
    const uint8_t cut[] = { 0x48, 0x81, 0xec };
    struct instruction none;
    assert_false(instruction_decode(cut, sizeof(cut), &none));
}

static int setup(void **state)
{
    (void)state;
    make_directory();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_unwind_information),
        cmocka_unit_test(test_call_that_does_not_return),
        cmocka_unit_test(test_to_the_return),
        cmocka_unit_test(test_instructions),
    };
    return cmocka_run_group_tests(tests, setup, remove_directory);
}
