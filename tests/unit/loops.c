/* loops.c - which calls of fixtures/loops.S are on loops is what the labels behind them say. */
#include "loaded.h"
#include "scratch.h"

#include "symbolizer/unwind/loops.h"

enum { CASES = 16 }; /* labels in the fixture */

static enum loops_answer expected(const char *label)
{
    return !strncmp(label, "yes", 3)      ? LOOPS_PROVEN
           : !strncmp(label, "likely", 6) ? LOOPS_LIKELY
                                          : LOOPS_UNKNOWN;
}

static void test_loops(void **state)
{
    struct loops loops = { 0 };
    struct images images;
    char line[256], name[64];
    unsigned long address;
    unsigned cases = 0;
    (void)state;

    shell("%s -shared -nostdlib -o loops.so %s && nm loops.so | grep -E ' t (yes|likely|no)_' "
          ">labels",
          FIXTURE_COMPILER, FIXTURE_SOURCE);
    char *path = path_of("loops.so"), *labels = path_of("labels");
    images_init(&images, number_module, NULL);
    struct image *image = load_file(&images, path);
    FILE *file = fopen(labels, "r");
    assert_non_null(file);
    for (; fgets(line, sizeof(line), file); cases++) {
        assert_int_equal(sscanf(line, "%lx t %63s", &address, name), 2);
        for (int again = 0; again < 2; again++) /* by what is kept */
            if (loops_find(&loops, image, address) != expected(name))
                fail_msg("%s: %s", name, again ? "not so when asked again" : "is not so");
        assert_false(loops_find(&loops, image, address + 1));
    }
    assert_int_equal(cases, CASES);
    assert_false(loops_find(&loops, image, 0));
    assert_false(loops_find(&loops, image, UINT64_MAX));
    fclose(file);
    free(path);
    free(labels);
    loops_deinit(&loops);
    images_deinit(&images);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_loops) };

    make_directory();
    return cmocka_run_group_tests(tests, NULL, remove_directory);
}
