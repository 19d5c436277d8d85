/*
 * leaves.h - the functions of fixtures/leaves.S, loaded as an image of a library.
 */
#ifndef SYSTRACE_TESTS_UNIT_LEAVES_H
#define SYSTRACE_TESTS_UNIT_LEAVES_H

#include "loaded.h"
#include "scratch.h"

/* By their numbers in the fixture. */
enum {
    ONLY_RETURNS = 1,
    TO_SIBLING,
    TO_IMPORT,
    TO_STUB,
    COMPUTED,
    BY_TABLE,
    FRAMED,
    RUNS_ON,
    TARGET,
    INTO_INSTRUCTION,
    TWO_WAYS,
    OVERWRITES,
    TO_ITSELF,
    TAKES_ADDRESS,
    BY_SHORT_JUMP,
    NEAR_TARGET,
    FAR_TARGET,
    FAR_BRANCH_TARGET,
    TO_OWN_START,
};

static struct leaves {
    struct images images;
    struct image *image;
} leaves;

static int load_leaves(void **state)
{
    (void)state;
    make_directory();
    shell("%s -shared -nostdlib -Wl,-z,lazy -o leaves.so %s", FIXTURE_COMPILER, FIXTURE_SOURCE);
    char *path = path_of("leaves.so");
    images_init(&leaves.images, number_module, NULL);
    leaves.image = load_file(&leaves.images, path);
    free(path);
    return 0;
}

static int forget_leaves(void **state)
{
    images_deinit(&leaves.images);
    return remove_directory(state);
}

/* Where the function of a number begins, in an image of a file of the directory. */
static uint64_t start_in(const struct image *image, const char *file, int number)
{
    const char mark[] = { (char)0xb8, (char)number, 0, (char)0xa6, 0x51 };
    size_t size;
    uint64_t ret;
    char *bytes = read_file(file, &size), *found = memmem(bytes, size, mark, sizeof(mark));

    assert_non_null(found);
    assert_true(image_vaddr(image, (uint64_t)(found - bytes), &ret));
    free(bytes);
    return ret;
}

static inline uint64_t start_of(int number)
{
    return start_in(leaves.image, "leaves.so", number);
}

#endif
