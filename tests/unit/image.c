/* image.c - through a window the bytes of a file are the same, and read together. */
#include "test.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "symbolizer/image/image.h"

enum { WINDOW = sizeof(((struct image_window *)0)->bytes), SIZE = 2 * WINDOW + 100 };

struct fixture {
    uint8_t bytes[SIZE];
    struct image image;
    struct image_window window;
};

static struct fixture *setup(void)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    for (size_t i = 0; i < SIZE; i++)
        f->bytes[i] = (uint8_t)(i * 7 + i / 256);
    f->image.fd = memfd_create("image", MFD_CLOEXEC);
    f->image.size = SIZE;
    assert_true(f->image.fd >= 0);
    assert_int_equal(write(f->image.fd, f->bytes, SIZE), SIZE);
    image_window_init(&f->window, &f->image);
    return f;
}

static void teardown(struct fixture *f)
{
    close(f->image.fd);
    free(f);
}

static void check(struct fixture *f, uint64_t offset, size_t size)
{
    uint8_t bytes[SIZE];

    assert_true(image_window_bytes(&f->window, offset, bytes, size));
    assert_memory_equal(bytes, f->bytes + offset, size);
}

static void test_bytes(void **state)
{
    static const struct {
        uint64_t offset;
        size_t size;
    } places[] = {
        { 0, 1 },           { 10, 20 },          { WINDOW - 8, 8 }, { WINDOW - 4, 8 },
        { WINDOW - 4, 9 },  { WINDOW, 1 },       { 1, WINDOW },     { 1, WINDOW + 1 },
        { SIZE - 1, 1 },    { SIZE - 100, 100 }, { 0, SIZE },       { SIZE - 101, 101 },
        { WINDOW + 50, 0 }, { SIZE, 0 },         { 0, 8 },
    };
    struct fixture *f = setup();

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
        check(f, places[i].offset, places[i].size);
    teardown(f);
}

/* Not all there. */
static void test_beyond_the_end(void **state)
{
    static const struct {
        uint64_t offset;
        size_t size;
    } places[] = { { SIZE, 1 }, { SIZE - 1, 2 }, { SIZE + 1, 0 }, { UINT64_MAX, 2 }, { 8, SIZE } };
    struct fixture *f = setup();
    uint8_t bytes[SIZE + 2];

    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        check(f, SIZE - 10, 10);
        assert_false(image_window_bytes(&f->window, places[i].offset, bytes, places[i].size));
    }
    teardown(f);
}

/* What is in the window is not read again: here it is not in the file any more. */
static void test_read_together(void **state)
{
    struct fixture *f = setup();

    (void)state;
    check(f, WINDOW + 8, 8);
    assert_int_equal(ftruncate(f->image.fd, 0), 0);
    check(f, WINDOW, 8);
    check(f, 2 * WINDOW - 8, 8);
    teardown(f);
}

/* It is shorter than it was: what is left of it is read. */
static void test_shorter_file(void **state)
{
    struct fixture *f = setup();
    uint8_t bytes[8];

    (void)state;
    assert_int_equal(ftruncate(f->image.fd, WINDOW + 100), 0);
    check(f, WINDOW + 92, 8);
    check(f, WINDOW + 8, 8);
    assert_false(image_window_bytes(&f->window, WINDOW + 93, bytes, 8));
    teardown(f);
}

/* A copy of memory is there already. */
static void test_copy(void **state)
{
    struct fixture *f = setup();
    struct image copy = { .fd = -1, .bytes = f->bytes, .size = SIZE };

    (void)state;
    image_window_init(&f->window, &copy);
    check(f, WINDOW - 4, 8);
    check(f, SIZE - 1, 1);
    assert_int_equal(f->window.size, 0);
    teardown(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes),         cmocka_unit_test(test_beyond_the_end),
        cmocka_unit_test(test_read_together), cmocka_unit_test(test_shorter_file),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
