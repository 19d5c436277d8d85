/* maps.c - lines of /proc/PID/maps: every shape that kernels write, and what they never do. */
#include "test.h"

#include <sys/sysmacros.h>
#include "symbolizer/image/maps.h"

static struct mapping parse(const char *text)
{
    struct mapping m;
    assert_int_equal(maps_next(&text, &m), 1);
    assert_string_equal(text, "");
    return m;
}

static void assert_path(const struct mapping *m, const char *expected)
{
    char *path = mapping_path(m);
    assert_string_equal(path, expected);
    free(path);
}

static void test_file(void **state)
{
    (void)state;
    struct mapping m = parse("7f4aac839000-7f4aac85f000 r-xp 00001000 fe:00 332383      "
                             "               /usr/lib/ld-linux-x86-64.so.2\n");
    assert_int_equal(m.start, 0x7f4aac839000);
    assert_int_equal(m.end, 0x7f4aac85f000);
    assert_int_equal(m.offset, 0x1000);
    assert_int_equal(m.device, makedev(0xfe, 0));
    assert_int_equal(m.inode, 332383);
    assert_true(m.readable && m.executable);
    assert_path(&m, "/usr/lib/ld-linux-x86-64.so.2");
}

static void test_permissions(void **state)
{
    (void)state;
    assert_false(parse("1000-2000 rw-p 00000000 00:00 0 \n").executable);
    assert_false(parse("1000-2000 --xp 00000000 00:00 0 \n").readable);
    assert_true(parse("1000-2000 --xp 00000000 00:00 0 \n").executable);
    assert_true(parse("1000-2000 rwxs 00000000 00:00 0 \n").executable);
}

static void test_no_path(void **state)
{
    static const char *const lines[] = { "1000-2000 r-xp 00000000 00:00 0 \n",
                                         "1000-2000 r-xp 00000000 00:00 0\n",
                                         "1000-2000 r-xp 00000000 00:00 0 " };
    (void)state;
    for (size_t i = 0; i < LENGTH(lines); i++) {
        struct mapping m = parse(lines[i]);
        assert_int_equal(m.path_length, 0);
        assert_int_equal(m.inode, 0);
    }
}

static void test_strange_paths(void **state)
{
    static const struct {
        const char *text, *path;
    } cases[] = {
        { "/a b,\"c=d", "/a b,\"c=d" },
        { "/new\\012line", "/new\nline" },
        { "/\\012", "/\n" },
        { "/back\\slash\\01", "/back\\slash\\01" },
        { "/gone.so (deleted)", "/gone.so (deleted)" },
        { "[vdso]", "[vdso]" },
        { "/memfd:x (deleted)", "/memfd:x (deleted)" },
        { "/\xff\x01", "/\xff\x01" },
    };
    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        char line[256];
        snprintf(line, sizeof(line), "1000-2000 r-xp 00000000 fe:00 1 %s\n", cases[i].text);
        struct mapping m = parse(line);
        assert_path(&m, cases[i].path);
    }
}

static void test_many_lines(void **state)
{
    const char *text = "1000-2000 r-xp 00000000 fe:00 1 /a\n2000-3000 rw-p 00000000 00:00 0 \n"
                       "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";
    struct mapping m;

    (void)state;
    assert_int_equal(maps_next(&text, &m), 1);
    assert_int_equal(maps_next(&text, &m), 1);
    assert_int_equal(maps_next(&text, &m), 1);
    assert_int_equal(m.end, 0xffffffffff601000);
    assert_int_equal(maps_next(&text, &m), 0);
}

static void test_malformed(void **state)
{
    static const char *const texts[] = {
        "x",
        "\n",
        "1000",
        "1000-",
        "1000-2000",
        "1000-2000 ",
        "1000-2000 r-x",
        "1000-2000 r-xp",
        "1000-2000 r-xp 0 fe:00",
        "2000-1000 r-xp 00000000 fe:00 1 /a\n",
        "1000-1000 r-xp 00000000 fe:00 1 /a\n",
        "g000-2000 r-xp 00000000 fe:00 1 /a\n",
        "10000000000000000-20000000000000000 r-xp 00000000 fe:00 1 /a\n",
        "1000-2000 r-xp 00000000 fe:00 99999999999999999999 /a\n",
        "1000-2000 r-xp 00000000 fe-00 1 /a\n",
    };
    struct mapping m;

    (void)state;
    for (size_t i = 0; i < LENGTH(texts); i++) {
        const char *text = texts[i];
        if (maps_next(&text, &m) != -22)
            fail_msg("accepted: %s", texts[i]);
        assert_ptr_equal(text, texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file),       cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_no_path),    cmocka_unit_test(test_strange_paths),
        cmocka_unit_test(test_many_lines), cmocka_unit_test(test_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
