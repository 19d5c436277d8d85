/*
 * space.c - the map of an address space, kept up to date by pieces, must be what reading all of it
 * gives: over random changes of a stretch of this test's own memory, with the ranges that are told
 * of them. The map is read from a text that the test makes up of what it has mapped.
 */
#include "test.h"

#include <errno.h>

#include "symbolizer/unwind/space.h"

enum { PAGES = 64, PAGE = 4096, ROUNDS = 20000 };

/* What is mapped: by page, the number of its mapping; 0: nothing executable. The pages of a mapping
 * that was made at once lie in one file, at their place. Neighbours of one number are one mapping.
 */
struct memory {
    unsigned mapping[PAGES];
    unsigned reads, queries;
};

static uint64_t address(unsigned page)
{
    return 0x10000000 + (uint64_t)page * PAGE;
}

static unsigned end_of(const struct memory *m, unsigned page)
{
    unsigned end = page;
    while (end < PAGES && m->mapping[end] == m->mapping[page])
        end++;
    return end;
}

static int read_maps(void *context, char **ret)
{
    struct memory *m = context;
    size_t size;
    FILE *file = open_memstream(ret, &size);

    m->reads++;
    for (unsigned page = 0, end; page < PAGES; page = end) {
        end = end_of(m, page);
        if (m->mapping[page])
            fprintf(file, "%lx-%lx r-xp %08x 00:00 0 \n", (unsigned long)address(page),
                    (unsigned long)address(end), page * PAGE);
    }
    fclose(file);
    return 0;
}

static int find_code(void *context, uint64_t wanted, struct mapping *ret)
{
    struct memory *m = context;

    m->queries++;
    for (unsigned page = 0, end; page < PAGES; page = end) {
        end = end_of(m, page);
        if (m->mapping[page] && address(end) > wanted) {
            *ret = (struct mapping){ .start = address(page),
                                     .end = address(end),
                                     .offset = (uint64_t)page * PAGE,
                                     .readable = true,
                                     .executable = true,
                                     .path = "" };
            return 1;
        }
    }
    return 0;
}

static int64_t no_module(void *context, const struct module *module)
{
    (void)context, (void)module;
    return -ENOMEM; /* nothing here has a file */
}

/* Maps, unmaps or joins some pages. */
static void change(struct memory *m, struct space *space)
{
    unsigned first = (unsigned)random() % PAGES, count = 1 + (unsigned)random() % 8;
    unsigned number = (unsigned)random() % 4; /* often that of a neighbour */

    for (unsigned page = first; page < PAGES && page < first + count; page++)
        m->mapping[page] = number;
    space_changed(space, address(first), (uint64_t)count * PAGE - (uint64_t)random() % PAGE);
}

static void test_changes(void **state)
{
    struct memory memory = { 0 };
    struct target target = { .read_maps = read_maps, .find_code = find_code, .context = &memory };
    struct images images;
    struct space *space = space_create();

    (void)state;
    srandom(1);
    images_init(&images, no_module, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        for (long changes = random() % 3; changes >= 0; changes--)
            change(&memory, space);
        assert_int_equal(space_update(space, &images, &target), 0);
        struct space *whole = space_create();
        assert_int_equal(space_update(whole, &images, &target), 0);
        assert_int_equal(space->code->region_count, whole->code->region_count);
        assert_memory_equal(space->code->regions, whole->code->regions,
                            whole->code->region_count * sizeof(*whole->code->regions));
        space_destroy(whole);
    }
    assert_int_equal(memory.reads, ROUNDS + 1); /* the other one's, and the first */
    space_destroy(space);
    images_deinit(&images);
}

/* Where the kernel does not tell, or nobody knows what has changed, all is read. */
static int find_nothing(void *context, uint64_t wanted, struct mapping *ret)
{
    (void)context, (void)wanted, (void)ret;
    return -ENOTTY;
}

static void test_all_again(void **state)
{
    struct memory memory = { .mapping = { 1, 1 } };
    struct target target = { .read_maps = read_maps,
                             .find_code = find_nothing,
                             .context = &memory };
    struct images images;
    struct space *space = space_create();

    (void)state;
    images_init(&images, no_module, NULL);
    assert_int_equal(space_update(space, &images, &target), 0);
    assert_int_equal(memory.reads, 1);
    assert_int_equal(space_update(space, &images, &target), 0);
    assert_int_equal(memory.reads, 1);
    space_changed(space, address(0), PAGE);
    assert_int_equal(space_update(space, &images, &target), 0);
    assert_int_equal(memory.reads, 2);
    target.find_code = find_code;
    space_changed(space, address(0), PAGE);
    space_changed(space, 0, 0);
    assert_int_equal(space_update(space, &images, &target), 0);
    assert_int_equal(memory.reads, 3);
    assert_int_equal(memory.queries, 0);
    space_destroy(space);
    images_deinit(&images);
}

/* One mapping, of a file that has to be fetched. */
struct served {
    bool mapped;
    unsigned fetches;
};

static int read_no_maps(void *context, char **ret)
{
    (void)context;
    *ret = strdup("");
    return 0;
}

static int find_served(void *context, uint64_t wanted, struct mapping *ret)
{
    const struct served *served = context;

    *ret = (struct mapping){ .start = address(0),
                             .end = address(1),
                             .inode = 7,
                             .executable = true,
                             .path = "/served",
                             .path_length = 7 };
    return served->mapped && wanted < address(1);
}

static int open_served(void *context, const struct mapping *mapping, const char *path)
{
    (void)context, (void)mapping, (void)path;
    return -EREMOTE;
}

/* It is there when it is asked for the second time. */
static int open_copy(void *context, const struct mapping *mapping, const char *path)
{
    struct served *served = context;
    (void)mapping, (void)path;
    return served->fetches++ ? -ENOENT : -EINPROGRESS;
}

static ssize_t read_nothing(void *context, uint64_t where, void *buffer, size_t size)
{
    (void)context, (void)where, (void)buffer, (void)size;
    return -EFAULT;
}

static int64_t one_module(void *context, const struct module *module)
{
    (void)context, (void)module;
    return MODULE_FIRST;
}

/* A space whose process has nothing mapped at first, and then a file that `target` opens. */
static struct space *map_file(struct images *images, const struct target *target,
                              struct served *served)
{
    struct space *space = space_create();

    images_init(images, one_module, NULL);
    assert_int_equal(space_update(space, images, target), 0);
    served->mapped = true;
    space_changed(space, address(0), PAGE);
    assert_int_equal(space_update(space, images, target), 0);
    assert_int_equal(space->code->region_count, 1);
    return space;
}

/* While an image is being fetched, all is read again, also if it was met in a piece of the map. */
static void test_pending(void **state)
{
    struct served served = { 0 };
    struct target target = { .read = read_nothing,
                             .read_maps = read_no_maps,
                             .find_code = find_served,
                             .open_mapped = open_served,
                             .open_copy = open_copy,
                             .context = &served };
    struct images images;
    struct space *space = map_file(&images, &target, &served);

    (void)state;
    assert_true(space->code->regions[0].pending);
    assert_true(space->stale);
    served.mapped = false;
    assert_int_equal(space_update(space, &images, &target), 0);
    assert_int_equal(space->code->region_count, 0);
    assert_false(space_is_idle(space, address(0))); /* what it was of is not known */
    space_destroy(space);
    images_deinit(&images);
}

static int open_nothing(void *context, const struct mapping *mapping, const char *path)
{
    (void)context, (void)mapping, (void)path;
    return -ENOENT;
}

/* A process that is killed while its map is read: the file is known by its name still. */
static void test_killed(void **state)
{
    struct served served = { 0 };
    struct target target = { .read = read_nothing,
                             .read_maps = read_no_maps,
                             .find_code = find_served,
                             .open_mapped = open_nothing,
                             .context = &served };
    struct images images;
    struct space *space = map_file(&images, &target, &served);

    (void)state;
    assert_non_null(space->code->regions[0].image);
    space_destroy(space);
    images_deinit(&images);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_changes),
                                        cmocka_unit_test(test_all_again),
                                        cmocka_unit_test(test_pending),
                                        cmocka_unit_test(test_killed) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
