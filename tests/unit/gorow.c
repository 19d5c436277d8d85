/* gorow.c - the rows of one Go function: by its name, its flags, its code and where in it one is.
 */
#include "test.h"

#include "symbolizer/image/go/gorow.h"

/* ROOM: for the longest instruction behind the function. */
enum { TEXT = 0x401000, SIZE = 0x20, ROOM = SIZE + 16, SWITCHED = 8, NAME_MAX_OF_CASE = 40 };
enum { FLAG_TOP = 1, FLAG_MOVES_STACK = 2 };

/* 0 bytes of stack below the return address, from the 8th byte on 0x18. */
static const uint8_t stack_program[] = { 0, 2, 8, 0x30, SIZE - 8, 0 };

static void put(uint8_t **at, uint64_t value, size_t size)
{
    memcpy(*at, &value, size);
    *at += size;
}

/* A table of Go 1.20 (gotable.h) of one function. `program`: whether it has stack_program. */
static struct go_table make_table(const char *name, unsigned flags, bool program)
{
    enum { HEADER = 72, NAMES = NAME_MAX_OF_CASE, INDEX = HEADER + NAMES + 8, TABLE = INDEX + 64 };
    uint8_t *bytes = calloc(1, TABLE), *at = bytes;
    struct go_table ret;

    put(&at, 0xfffffff1, 4);
    put(&at, 0x08010000, 4);
    put(&at, 1, 8); /* function */
    put(&at, 1, 8);
    put(&at, TEXT, 8);
    put(&at, HEADER, 8);
    put(&at, 0, 8);
    put(&at, 0, 8);
    put(&at, HEADER + NAMES, 8);
    put(&at, INDEX, 8);
    memcpy(bytes + HEADER + 1, name, strlen(name));
    memcpy(bytes + HEADER + NAMES, stack_program, sizeof(stack_program));
    at = bytes + INDEX;
    put(&at, 0, 4);
    put(&at, 16, 4); /* where its record is */
    put(&at, SIZE, 4);
    at = bytes + INDEX + 16;
    put(&at, 0, 4);
    put(&at, 1, 4); /* its name */
    put(&at, 0, 8);
    put(&at, program, 4);
    put(&at, 0, 8);
    put(&at, 0, 4);
    put(&at, 0, 8);
    put(&at, flags << 8, 4);
    assert_int_equal(go_table_init(&ret, bytes, TABLE, 0), 0);
    return ret;
}

/* Code of no effect on the stack, but at SWITCHED, where it is loaded, if at all; and `mov
 * $56,%eax; syscall` at the end. */
static void make_code(uint8_t code[ROOM], bool switches)
{
    static const uint8_t load[] = { 0x48, 0x89, 0xc4 }; /* mov %rax,%rsp */
    static const uint8_t clone[] = { 0xb8, 56, 0, 0, 0, 0x0f, 0x05 };

    memset(code, 0x90, ROOM);
    if (switches)
        memcpy(code + SWITCHED, load, sizeof(load));
    memcpy(code + SIZE - sizeof(clone), clone, sizeof(clone));
}

static const struct go_case {
    const char *name;
    unsigned flags;
    bool switches; /* its code */
    unsigned at;
    enum row_kind kind;
    int cfa_offset;
    bool signal, uncalled;
} cases[] = {
    { "main.main", 0, false, 0, ROW_GO, 8, false, false },
    { "main.main", 0, false, 7, ROW_GO, 8, false, false },
    { "main.main", 0, false, 8, ROW_GO, 0x20, false, false },
    { "main.main", 0, true, SIZE - 1, ROW_GO, 0x20, false, false },
    { "main.goexit", FLAG_TOP, false, 8, ROW_OUTERMOST, 0, false, false },
    { "main.moves", FLAG_MOVES_STACK, true, 7, ROW_GO, 8, false, false },
    { "main.moves", FLAG_MOVES_STACK, true, SWITCHED, ROW_GO, 0x20, false, false },
    { "main.moves", FLAG_MOVES_STACK, true, SWITCHED + 3, ROW_CODE, 0, false, false },
    { "main.moves", FLAG_MOVES_STACK, false, SIZE - 7, ROW_GO, 0x20, false, false },
    { "runtime.goexit", 0, false, 1, ROW_OUTERMOST, 0, false, false },
    { "runtime.mcall", 0, true, 1, ROW_OUTERMOST, 0, false, false },
    { "gogo", 0, true, 1, ROW_OUTERMOST, 0, false, false },
    { "runtime.systemstack", 0, true, 1, ROW_GO, 8, false, false },
    { "runtime.systemstack", 0, true, SIZE - 1, ROW_CODE, 0, false, false },
    { "runtime.systemstack2", 0, true, SIZE - 1, ROW_GO, 0x20, false, false },
    { "time.now", 0, true, SIZE - 1, ROW_CODE, 0, false, false },
    { "crosscall2", 0, false, 8, ROW_CODE, 0x20, false, false },
    { "runtime.clone", 0, false, 8, ROW_OUTERMOST, 0, false, false },
    { "runtime.clone", 0, false, SIZE - 2, ROW_GO, 0x20, false, false }, /* the parent */
    { "main.clone", 0, false, 8, ROW_GO, 0x20, false, false },
    { "runtime.sigtramp", 0, false, 8, ROW_GO, 0x20, false, true },
    { "runtime.sigpanic", 0, false, 0, ROW_GO, 8, false, true },
    { "runtime.asyncPreempt", 0, false, 8, ROW_GO, 0x20, false, true },
    { "runtime.sigreturn", 0, false, 8, ROW_SIGNAL, 0, true, true },
    { "runtime.sigreturn__sigaction", 0, false, 8, ROW_SIGNAL, 0, true, true },
};

static struct image make_image(const char *name, unsigned flags, bool program, uint8_t *code,
                               struct segment *segment)
{
    *segment = (struct segment){ .vaddr = TEXT, .size = SIZE, .executable = true };
    return (struct image){ .go = make_table(name, flags, program),
                           .bytes = code,
                           .size = ROOM,
                           .segments = segment,
                           .segment_count = 1 };
}

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        const struct go_case *c = &cases[i];
        uint8_t code[ROOM];
        struct segment segment;
        struct go_row row;

        make_code(code, c->switches);
        struct image image = make_image(c->name, c->flags, true, code, &segment);
        assert_true(go_row_find(&image, TEXT + c->at, &row));
        if (row.row.kind != c->kind || row.row.cfa_offset != c->cfa_offset ||
            row.signal != c->signal || row.uncalled != c->uncalled)
            fail_msg("%s+%u: %d, %d %d %d", c->name, c->at, (int)row.row.kind, row.row.cfa_offset,
                     row.signal, row.uncalled);
        assert_int_equal(row.start, TEXT);
        assert_int_equal(row.end, TEXT + SIZE);
        go_table_deinit(&image.go);
    }
}

/* Outside, without a stack table (C's), and without any table. */
static void test_none(void **state)
{
    uint8_t code[ROOM];
    struct segment segment;
    struct go_row row;

    (void)state;
    make_code(code, false);
    struct image image = make_image("main.main", 0, true, code, &segment);
    assert_false(go_row_find(&image, TEXT - 1, &row));
    assert_false(go_row_find(&image, TEXT + SIZE, &row));
    go_table_deinit(&image.go);
    image = make_image("cfunction", 0, false, code, &segment);
    assert_false(go_row_find(&image, TEXT, &row));
    go_table_deinit(&image.go);
    image.go = (struct go_table){ 0 };
    assert_false(go_row_find(&image, TEXT, &row));
}

/* Code that cannot be read is not known to be before the switch. */
static void test_unreadable(void **state)
{
    uint8_t code[ROOM];
    struct segment segment;
    struct go_row row;

    (void)state;
    make_code(code, false);
    struct image image = make_image("runtime.systemstack", 0, true, code, &segment);
    image.size = 4;
    assert_true(go_row_find(&image, TEXT, &row));
    assert_int_equal(row.row.kind, ROW_GO);
    assert_true(go_row_find(&image, TEXT + 8, &row));
    assert_int_equal(row.row.kind, ROW_CODE);
    go_table_deinit(&image.go);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
