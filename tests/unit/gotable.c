/* gotable.c - tables made by hand in the three formats, their edges, and every corruption of a
 * byte. */
#include "test.h"

#include <errno.h>

#include "symbolizer/image/go/gotable.h"

enum { TEXT = 0x401000, DATA = 0x500000, TREE = 0x500040, SIZE_MAX_OF_TABLE = 1024 };

/* A table under construction. */
struct maker {
    uint8_t bytes[SIZE_MAX_OF_TABLE];
    size_t size;
};

static void put(struct maker *m, uint64_t value, size_t size)
{
    assert_true(m->size + size <= sizeof(m->bytes));
    memcpy(m->bytes + m->size, &value, size);
    m->size += size;
}

static void put_bytes(struct maker *m, const void *bytes, size_t size)
{
    assert_true(m->size + size <= sizeof(m->bytes));
    memcpy(m->bytes + m->size, bytes, size);
    m->size += size;
}

/*
 * Three functions: main.main, 0x20 bytes: 0 bytes of stack, from its 4th on 0x18; a/b.F, 0x30
 * bytes, the outermost, without a table; runtime.gogo, 0x10 bytes, moves the stack pointer, 0
 * bytes, and -8 from its 8th on. From the 8th byte of main.main on is what was inlined as the third
 * entry of its tree.
 */
static const char names[] = "\0main.main\0a/b.F\0runtime.gogo";
static const uint8_t programs[] = {
    0,                   /* not a table */
    2, 4, 0x30, 0x1c, 0, /* 1: -1 + 1, 4 bytes; + 0x18, 0x1c bytes; the end */
    2, 8, 0x0f, 8,    0, /* 6: -1 + 1, 8 bytes; - 8, 8 bytes; the end */
    0, 8, 8,    0x18, 0, /* 11: -1, 8 bytes; -1 + 4, 0x18 bytes; the end */
};
static const struct {
    uint32_t start, name, program;
    uint8_t flags;
} functions[] = { { 0, 1, 1, 0 }, { 0x20, 11, 0, 1 }, { 0x50, 17, 6, 2 } };
enum { END = 0x60, COUNT = LENGTH(functions) };

static void align(struct maker *m)
{
    m->size = (m->size + 7) / 8 * 8;
}

/* The record of a function. `base`: of its addresses. Only the first has pc-value tables and data.
 */
static void put_record(struct maker *m, uint32_t magic, uint64_t base, size_t i)
{
    bool relative = magic != 0xfffffffa, start_line = magic == 0xfffffff1;
    size_t word = relative ? 4 : 8;

    align(m);
    put(m, functions[i].start + base, word);
    put(m, functions[i].name, 4);
    put(m, 0, 8);
    put(m, functions[i].program, 4);
    put(m, 0, 8);
    put(m, i ? 0 : 3, 4);
    put(m, 0, start_line ? 8 : 4);
    put(m, 0, 1);
    put(m, functions[i].flags, 1);
    put(m, 0, 1);
    put(m, i ? 0 : 4, 1);
    if (i)
        return;
    put(m, 0, 8);
    put(m, 11, 4);
    if (!relative)
        align(m);
    for (int data = 0; data < 3; data++)
        put(m, relative ? UINT32_MAX : 0, word);
    put(m, relative ? TREE - DATA : TREE, word);
}

/* `text`: what the header says of it. */
static struct maker make(uint32_t magic, uint64_t text)
{
    struct maker m = { .size = 0 };
    bool relative = magic != 0xfffffffa;
    size_t word = relative ? 4 : 8, header = relative ? 72 : 64;
    size_t index = header + (sizeof(names) + sizeof(programs) + 7) / 8 * 8;
    uint64_t base = relative ? 0 : TEXT;

    put(&m, magic, 4);
    put(&m, 0x08010000, 4);
    put(&m, COUNT, 8);
    put(&m, 1, 8);
    if (relative)
        put(&m, text, 8);
    put(&m, header, 8);
    put(&m, 0, 8);
    put(&m, 0, 8);
    put(&m, header + sizeof(names), 8);
    put(&m, index, 8);
    put_bytes(&m, names, sizeof(names));
    put_bytes(&m, programs, sizeof(programs));
    m.size = index + 2 * word * COUNT + word;
    for (size_t i = 0; i < COUNT; i++) {
        struct maker entry = { .size = index + 2 * word * i };
        align(&m);
        put(&entry, functions[i].start + base, word);
        put(&entry, m.size - index, word);
        memcpy(m.bytes + index + 2 * word * i, entry.bytes + index + 2 * word * i, 2 * word);
        put_record(&m, magic, base, i);
    }
    uint64_t end = END + base;
    memcpy(m.bytes + index + 2 * word * COUNT, &end, word);
    return m;
}

static int open_table(struct go_table *table, const uint8_t *bytes, size_t size, uint64_t text)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    return go_table_init(table, copy, size, text);
}

static void check_stack(const struct go_table *table, const struct go_function *function,
                        uint64_t vaddr, int32_t expected)
{
    int32_t bytes;
    assert_true(go_table_stack(table, function, vaddr, &bytes));
    assert_int_equal(bytes, expected);
}

static void check_functions(const struct go_table *table)
{
    struct go_function f;
    int32_t bytes, number;

    assert_false(go_table_find(table, TEXT - 1, &f));
    assert_true(go_table_find(table, TEXT, &f));
    assert_string_equal(f.name, "main.main");
    assert_false(f.top || f.moves_stack);
    assert_true(go_table_find(table, TEXT + 0x1f, &f));
    assert_int_equal(f.start, TEXT);
    assert_int_equal(f.end, TEXT + 0x20);
    check_stack(table, &f, TEXT, 0);
    check_stack(table, &f, TEXT + 3, 0);
    check_stack(table, &f, TEXT + 4, 0x18);
    check_stack(table, &f, TEXT + 0x1f, 0x18);
    assert_false(go_table_stack(table, &f, TEXT + 0x20, &bytes)); /* beyond its end */

    assert_int_equal(f.inline_tree, table->relative && !table->data ? 0 : TREE);
    assert_true(go_table_inlined(table, &f, TEXT + 7, &number));
    assert_int_equal(number, -1);
    assert_true(go_table_inlined(table, &f, TEXT + 8, &number));
    assert_int_equal(number, 3);

    assert_true(go_table_find(table, TEXT + 0x20, &f));
    assert_true(go_table_inlined(table, &f, TEXT + 0x20, &number));
    assert_int_equal(number, -1);
    assert_int_equal(f.inline_tree, 0);
    assert_string_equal(f.name, "a/b.F");
    assert_true(f.top && !f.moves_stack);
    assert_false(go_table_stack(table, &f, TEXT + 0x20, &bytes)); /* it has no table */

    assert_true(go_table_find(table, TEXT + 0x5f, &f));
    assert_string_equal(f.name, "runtime.gogo");
    assert_true(!f.top && f.moves_stack);
    check_stack(table, &f, TEXT + 0x57, 0);
    check_stack(table, &f, TEXT + 0x58, -8);
    assert_false(go_table_find(table, TEXT + 0x60, &f));
    assert_false(go_table_find(table, UINT64_MAX, &f));
    assert_false(go_table_find(table, 0, &f));
}

static const uint32_t magics[] = { 0xfffffffa, 0xfffffff0, 0xfffffff1 };

static void test_formats(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(magics); i++) {
        struct maker m = make(magics[i], TEXT);
        struct go_table table;
        assert_true(go_table_begins(m.bytes, m.size));
        assert_int_equal(open_table(&table, m.bytes, m.size, 0), 0);
        check_functions(&table);
        table.data = table.relative ? DATA : 0;
        check_functions(&table);
        go_table_deinit(&table);
    }
}

/* In a position-independent program the loader puts the text's start into the header. */
static void test_relocated(void **state)
{
    struct maker m = make(0xfffffff1, 0);
    struct go_table table;

    (void)state;
    assert_int_equal(open_table(&table, m.bytes, m.size, TEXT), 0);
    check_functions(&table);
    go_table_deinit(&table);
    assert_int_equal(open_table(&table, m.bytes, m.size, 0), -EINVAL);
}

/* Of Go 1.2 to 1.15, of another architecture, and none at all. */
static void test_refused(void **state)
{
    struct maker m = make(0xfffffff1, TEXT);
    struct go_table table;

    (void)state;
    assert_false(go_table_begins(m.bytes, 71));
    m.bytes[0] = 0xfb;
    assert_false(go_table_begins(m.bytes, m.size));
    assert_int_equal(open_table(&table, m.bytes, m.size, 0), -EINVAL);
    m = make(0xfffffff1, TEXT);
    m.bytes[7] = 4;
    assert_int_equal(open_table(&table, m.bytes, m.size, 0), -EINVAL);
    assert_int_equal(open_table(&table, (const uint8_t *)"", 0, 0), -EINVAL);
}

/* Whatever is asked of a corrupt table ends, and reads nothing outside of it (which sanitizers
 * see). */
static void ask_everything(const uint8_t *bytes, size_t size)
{
    struct go_table table;
    struct go_function f;
    int32_t stack;

    if (open_table(&table, bytes, size, 0) < 0)
        return;
    for (uint64_t at = TEXT - 8; at < TEXT + END + 8; at += 4) {
        if (!go_table_find(&table, at, &f))
            continue;
        assert_true(f.start <= at && at < f.end);
        assert_true(strlen(f.name) < size);
        go_table_stack(&table, &f, at, &stack);
        go_table_inlined(&table, &f, at, &stack);
    }
    go_table_deinit(&table);
}

static void test_corrupt(void **state)
{
    static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };

    (void)state;
    for (size_t i = 0; i < LENGTH(magics); i++) {
        struct maker m = make(magics[i], TEXT);
        for (size_t size = 0; size < m.size; size++)
            ask_everything(m.bytes, size);
        for (size_t at = 0; at < m.size; at++) {
            uint8_t old = m.bytes[at];
            for (size_t v = 0; v < LENGTH(values); v++) {
                m.bytes[at] = values[v];
                ask_everything(m.bytes, m.size);
            }
            m.bytes[at] = old;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_relocated),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_corrupt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
