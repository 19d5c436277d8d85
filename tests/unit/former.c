/* former.c - where files were mapped: which one an address was in last, and whether what is there
 * now is theirs. */
#include "test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "symbolizer/unwind/former.h"

enum { PAGE = 4096, START = 0x10000, FILE_SIZE = 4 * PAGE };

/* A file of four pages, of which the code has the middle two but for 16 bytes at either end. */
static uint8_t file[FILE_SIZE], memory[FILE_SIZE];
static struct segment segments[] = { { 0, 0, PAGE, false },
                                     { PAGE + 16, PAGE + 16, 2 * PAGE - 32, true } };
static struct image image = {
    .fd = -1, .bytes = file, .size = FILE_SIZE, .segments = segments, .segment_count = 2
};
static const struct former whole = { START, START + FILE_SIZE, 0, &image };

static ssize_t read_memory(void *context, uint64_t address, void *buffer, size_t size)
{
    (void)context;
    if (address < START || address - START >= FILE_SIZE)
        return -EFAULT;
    size = size < START + FILE_SIZE - address ? size : START + FILE_SIZE - address;
    memcpy(buffer, memory + (address - START), size);
    return (ssize_t)size;
}

static const struct target target = { .read = read_memory };

static enum former_answer compare(uint64_t address)
{
    return former_compare(&whole, &target, address);
}

static void test_compare(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILE_SIZE; i++)
        file[i] = memory[i] = (uint8_t)(i * 7 + i / PAGE);
    assert_int_equal(compare(START + PAGE + 16), FORMER_KEPT);
    assert_int_equal(compare(START + 3 * PAGE - 17), FORMER_KEPT);
    assert_int_equal(compare(START), FORMER_UNKNOWN); /* no code */
    assert_int_equal(compare(START + PAGE + 15), FORMER_UNKNOWN);
    assert_int_equal(compare(START + 3 * PAGE - 16), FORMER_UNKNOWN);
    memory[PAGE + 15] ^= 1; /* beside the code */
    memory[3 * PAGE - 16] ^= 1;
    assert_int_equal(compare(START + PAGE + 16), FORMER_KEPT);
    assert_int_equal(compare(START + 2 * PAGE), FORMER_KEPT);
    memory[2 * PAGE - 1] ^= 1; /* the last byte of the first page of it */
    assert_int_equal(compare(START + PAGE + 16), FORMER_CHANGED);
    assert_int_equal(compare(START + 2 * PAGE), FORMER_KEPT);
    memory[3 * PAGE - 17] ^= 1; /* the last of the other */
    assert_int_equal(compare(START + 2 * PAGE), FORMER_CHANGED);
}

static void test_part(void **state)
{
    const struct former part = { START + PAGE + 64, START + PAGE + 128, PAGE + 64, &image };

    (void)state;
    memcpy(memory, file, sizeof(file));
    memory[PAGE + 63] ^= 1;
    memory[PAGE + 128] ^= 1;
    assert_int_equal(former_compare(&part, &target, START + PAGE + 64), FORMER_KEPT);
    memory[PAGE + 64] ^= 1;
    assert_int_equal(former_compare(&part, &target, START + PAGE + 127), FORMER_CHANGED);
    const struct former gone = { 8 * START, 8 * START + FILE_SIZE, 0, &image };
    assert_int_equal(former_compare(&gone, &target, 8 * START + 2 * PAGE), FORMER_UNKNOWN);
}

static void test_find(void **state)
{
    struct image other = image;
    struct formers formers = { 0 }, copy = { 0 };

    (void)state;
    assert_null(formers_find(&formers, START));
    assert_int_equal(formers_add(&formers, whole), 0);
    assert_int_equal(
        formers_add(&formers, (struct former){ START + PAGE, START + 2 * PAGE, 0, &other }), 0);
    assert_ptr_equal(formers_find(&formers, START)->image, &image);
    assert_ptr_equal(formers_find(&formers, START + PAGE)->image, &other); /* the last there */
    assert_ptr_equal(formers_find(&formers, START + 2 * PAGE)->image, &image);
    assert_null(formers_find(&formers, START - 1));
    assert_true(formers_overlap(&formers, START - PAGE, START + 1));
    assert_true(formers_overlap(&formers, START + FILE_SIZE - 1, START + 2 * FILE_SIZE));
    assert_false(formers_overlap(&formers, START - PAGE, START));
    assert_false(formers_overlap(&formers, START + FILE_SIZE, START + 2 * FILE_SIZE));
    assert_null(formers_find(&formers, START + FILE_SIZE));
    assert_int_equal(formers_add_all(&copy, &formers), 0);
    assert_int_equal(copy.count, 2);
    assert_int_equal(formers_add(&formers, whole), 0); /* covers both */
    assert_int_equal(formers.count, 1);
    formers_deinit(&formers);
    formers_deinit(&copy);
}

/* Loading and unloading for ever. */
static void test_many(void **state)
{
    struct formers formers = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 10 * FORMERS_MAX; i++)
        assert_int_equal(
            formers_add(&formers, (struct former){ i * PAGE, (i + 1) * PAGE, 0, &image }), 0);
    assert_int_equal(formers.count, FORMERS_MAX);
    assert_null(formers_find(&formers, 9 * FORMERS_MAX * PAGE - 1));
    assert_non_null(formers_find(&formers, 9 * FORMERS_MAX * PAGE));
    formers_deinit(&formers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
