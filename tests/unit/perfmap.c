/* perfmap.c - perf maps as programs write them, as they grow, and as no program should. */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>
#include "tracer/perfmap.h"

static char path[] = "/tmp/systrace-perfmap-XXXXXX";

static struct perfmap *open_map(const char *text)
{
    struct perfmap *map = perfmap_create();
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    assert_non_null(map);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    perfmap_follow(map, fd);
    return map;
}

static void append(const char *text)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void check(const struct perfmap *map, uint64_t address, const char *expected)
{
    const struct perfmap_entry *entry = perfmap_find(map, address);

    if (!entry != !expected || (entry && strcmp(entry->name, expected)))
        fail_msg("%#lx is %s, not %s", address, entry ? entry->name : "-",
                 expected ? expected : "-");
}

static void test_ranges(void **state)
{
    struct perfmap *map = open_map("1000 10 a\n0x1010 0x20 b c\n3ef414c0 398 RegExp:[{(]\n");
    (void)state;

    assert_true(perfmap_update(map));
    check(map, 0xfff, NULL);
    check(map, 0x1000, "a");
    check(map, 0x100f, "a");
    check(map, 0x1010, "b c");
    check(map, 0x102f, "b c");
    check(map, 0x1030, NULL);
    check(map, 0x3ef414c0 + 0x397, "RegExp:[{(]");
    check(map, 0x3ef414c0 + 0x398, NULL);
    check(map, 0, NULL);
    check(map, UINT64_MAX, NULL);
    perfmap_destroy(map);
}

/* What a later line overlaps has gone, all of it. */
static void test_replaced(void **state)
{
    struct perfmap *map = open_map("1000 100 a\n1100 100 b\n1200 100 c\n1080 100 d\n");
    (void)state;

    assert_true(perfmap_update(map));
    check(map, 0x1000, NULL);
    check(map, 0x107f, NULL);
    check(map, 0x1080, "d");
    check(map, 0x117f, "d");
    check(map, 0x1180, NULL);
    check(map, 0x1200, "c");
    append("0 2000 e\n1000 100 a2\n");
    assert_true(perfmap_update(map));
    check(map, 0x1080, "a2");
    check(map, 0x1200, NULL);
    perfmap_destroy(map);
}

/* A line counts once it is whole. */
static void test_grows(void **state)
{
    struct perfmap *map = open_map("1000 10 a\n2000 1");
    (void)state;

    assert_true(perfmap_update(map));
    check(map, 0x2000, NULL);
    append("0 b");
    assert_true(perfmap_update(map));
    check(map, 0x2000, NULL);
    append("b\n");
    assert_true(perfmap_update(map));
    check(map, 0x200f, "bb");
    check(map, 0x1000, "a");
    assert_true(perfmap_update(map));
    perfmap_destroy(map);
}

static void test_odd_lines(void **state)
{
    struct perfmap *map =
        open_map("\n1000\n1000 10\n1000 10 \n1000  10 a\n 1000 10 a\n-1000 10 a\n1000 -10 a\n"
                 "1000 0 a\ng 10 a\n1000 10g a\nffffffffffffffff 1 a\n1000 ffffffffffffffff a\n"
                 "11111111111111111 10 a\n1000 11111111111111111 a\n1000\t10\ta\n");
    (void)state;

    assert_true(perfmap_update(map));
    check(map, 0x1000, NULL);
    check(map, UINT64_MAX - 1, NULL);
    append("1000 10 \x1b[2J\xff\n");
    assert_true(perfmap_update(map));
    check(map, 0x1000, "\x1b[2J\xff");
    perfmap_destroy(map);
}

/* Of a map with more than a million functions nothing is taken: each takes memory of ours. */
static void test_too_many(void **state)
{
    enum { MANY = (1 << 20) + 1 };
    struct perfmap *map = open_map("");
    FILE *file = fopen(path, "a");
    (void)state;

    assert_non_null(file);
    for (unsigned i = 0; i < MANY - 1; i++)
        fprintf(file, "%x 1 a\n", 0x1000 + i);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(perfmap_update(map), PERFMAP_MORE);
    check(map, 0x1000 + MANY - 2, "a");
    append("1 1 b\n");
    assert_int_equal(perfmap_update(map), PERFMAP_NONE);
    check(map, 0x1000, NULL);
    perfmap_destroy(map);
}

/* Of a line that is too long, or has a NUL, nothing is taken; of the next all. */
static void test_long_lines(void **state)
{
    struct perfmap *map = open_map("1000 10 ");
    (void)state;

    for (int i = 0; i < 1000; i++)
        append("0123456789");
    append("\n2000 10 b\n");
    assert_true(perfmap_update(map));
    check(map, 0x1000, NULL);
    check(map, 0x2000, "b");
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_int_equal(write(fd, "3000 10 a\0b\n4000 10 c\n", 22), 22);
    close(fd);
    assert_true(perfmap_update(map));
    check(map, 0x3000, NULL);
    check(map, 0x4000, "c");
    perfmap_destroy(map);
}

/* Many functions, each many times in turn. */
static void test_many(void **state)
{
    enum { MANY = 20000, ROUNDS = 3 };
    struct perfmap *map = open_map("");
    FILE *file = fopen(path, "a");
    (void)state;

    assert_non_null(file);
    for (int i = 0; i < MANY * ROUNDS; i++)
        fprintf(file, "%x 20 f%d\n", 0x10000 + 0x20 * (i * 7919 % MANY), i);
    fclose(file);
    assert_true(perfmap_update(map));
    for (int i = 0; i < MANY; i++) {
        char name[32];
        int last = (ROUNDS - 1) * MANY + i;
        snprintf(name, sizeof(name), "f%d", last);
        check(map, (uint64_t)(0x10000 + 0x20 * (last * 7919LL % MANY)), name);
    }
    perfmap_destroy(map);
}

/* A file that is cut, too large or removed says nothing any more. */
static void test_gone(void **state)
{
    struct perfmap *map = perfmap_create();
    (void)state;

    assert_false(perfmap_update(map));
    perfmap_destroy(map);
    map = open_map("1000 10 a\n2000 10 b\n");
    assert_true(perfmap_update(map));
    assert_int_equal(truncate(path, 5), 0);
    assert_false(perfmap_update(map));
    check(map, 0x1000, NULL);
    assert_false(perfmap_update(map));
    perfmap_destroy(map);

    map = open_map("1000 10 a\n");
    assert_int_equal(truncate(path, (off_t)1 << 40), 0);
    assert_false(perfmap_update(map));
    perfmap_destroy(map);

    map = open_map("1000 10 a\n");
    assert_true(perfmap_update(map));
    unlink(path);
    assert_false(perfmap_update(map));
    check(map, 0x1000, NULL);
    perfmap_destroy(map);
    perfmap_destroy(NULL);
}

static void test_numbers(void **state)
{
    static const char *const names[] = { "", "a", "b", "ab", "ba", "LazyCompile:~a", "\xff" };
    (void)state;

    for (size_t i = 0; i < LENGTH(names); i++) {
        assert_true(perfmap_number(names[i]) >> 62 == 1);
        for (size_t j = 0; j < LENGTH(names); j++)
            assert_int_equal(perfmap_number(names[i]) == perfmap_number(names[j]), i == j);
    }
}

static int setup(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || close(fd);
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),   cmocka_unit_test(test_replaced),
        cmocka_unit_test(test_grows),    cmocka_unit_test(test_odd_lines),
        cmocka_unit_test(test_too_many), cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_many),     cmocka_unit_test(test_gone),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
