/* codepages.c - pages are read once for each owner, and what cannot be had by the page is read as
 * it was asked for. */
#include "test.h"

#include <errno.h>
#include <string.h>

#include "symbolizer/unwind/codepages.h"

enum { START = 64 * CODE_PAGE, SIZE = 2 * CODE_PAGE + 100 };

/* Memory of SIZE bytes at START. */
struct memory {
    uint8_t bytes[SIZE];
    unsigned reads;
};

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    struct memory *m = context;

    m->reads++;
    if (address < START || address >= START + SIZE)
        return -EFAULT;
    size_t left = START + SIZE - address, got = size < left ? size : left;
    memcpy(buffer, m->bytes + (address - START), got);
    return (ssize_t)got;
}

struct fixture {
    struct memory memory;
    struct target target;
    struct codepages pages;
};

static struct fixture *setup(void)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    for (size_t i = 0; i < SIZE; i++)
        f->memory.bytes[i] = (uint8_t)(i * 7 + i / 256);
    f->target = (struct target){ .read = read_memory, .context = &f->memory };
    assert_int_equal(codepages_init(&f->pages), 0);
    return f;
}

static void teardown(struct fixture *f)
{
    codepages_deinit(&f->pages);
    free(f);
}

/* Are these bytes read right, with so many reads in all? */
static void check(struct fixture *f, uint64_t *owner, size_t at, size_t size, unsigned reads)
{
    uint8_t bytes[16];

    assert_int_equal(codepages_read(&f->pages, owner, &f->target, START + at, bytes, size), 0);
    assert_memory_equal(bytes, f->memory.bytes + at, size);
    assert_int_equal(f->memory.reads, reads);
}

static void test_once(void **state)
{
    struct fixture *f = setup();
    uint64_t owner = 0;

    (void)state;
    check(f, &owner, 100, 8, 1);
    check(f, &owner, 0, 16, 1);
    check(f, &owner, CODE_PAGE - 8, 8, 1);
    check(f, &owner, CODE_PAGE, 8, 2);
    check(f, &owner, CODE_PAGE - 1, 1, 2);
    teardown(f);
}

/* Another owner's page at the same address is another. */
static void test_owners(void **state)
{
    struct fixture *f = setup();
    uint64_t first = 0, second = 0;

    (void)state;
    check(f, &first, 100, 8, 1);
    memset(f->memory.bytes, 1, SIZE);
    check(f, &second, 100, 8, 2);
    assert_int_not_equal(first, second);
    check(f, &second, 200, 8, 2);
    memset(f->memory.bytes, 2, SIZE);
    check(f, &first, 100, 8, 3);
    teardown(f);
}

/* Pages that have the same place displace each other. */
static void test_displaced(void **state)
{
    struct fixture *f = setup();
    uint64_t owner = 0;
    uint8_t bytes[8];

    (void)state;
    check(f, &owner, 100, 8, 1);
    assert_int_equal(codepages_read(&f->pages, &owner, &f->target,
                                    START + 100 + (uint64_t)CODE_PAGES * CODE_PAGE, bytes, 8),
                     -EFAULT);
    assert_int_equal(f->memory.reads, 3); /* of the page and of the bytes */
    check(f, &owner, 100, 8, 4);
    teardown(f);
}

static void test_by_bytes(void **state)
{
    struct fixture *f = setup();
    uint64_t owner = 0;
    uint8_t bytes[8];

    (void)state;
    check(f, &owner, CODE_PAGE - 4, 8, 1);      /* on two pages */
    check(f, &owner, 2 * CODE_PAGE + 10, 8, 3); /* not all of the page is there */
    check(f, &owner, 2 * CODE_PAGE + 10, 8, 5);
    assert_int_equal(
        codepages_read(&f->pages, &owner, &f->target, START + SIZE - 4, bytes, sizeof(bytes)),
        -EFAULT);
    teardown(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_once), cmocka_unit_test(test_owners),
                                        cmocka_unit_test(test_displaced),
                                        cmocka_unit_test(test_by_bytes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
