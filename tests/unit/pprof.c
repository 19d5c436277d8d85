/* pprof.c - profiles for pprof, read back by protobuf-c: values, labels, locations, and that all
 * numbers lead somewhere. (e2e.pictures has pprof itself.) */
#include "sample.h"

#include <profile.pb-c.h>
#include "record/gzip.h"
#include "report/calltree.h"
#include "report/format.h"

static Pprof__Profile *print_profile(struct run *run)
{
    static uint8_t bytes[64 << 20];
    struct table table;
    struct gzip_reader reader;
    char *packed;
    size_t packed_size, size = 0, more;
    FILE *file = open_memstream(&packed, &packed_size);

    assert_int_equal(table_build(run, &(struct table_options){ 0 }, &table), 0);
    assert_int_equal(pprof_print(file, &(struct subject){ .run = run, .table = &table }), 0);
    table_deinit(&table);
    fclose(file);
    file = fmemopen(packed, packed_size, "r");
    assert_int_equal(gzip_reader_init(&reader, file), 0);
    while ((more = gzip_read(bytes + size, sizeof(bytes) - size, &reader)))
        size += more;
    assert_string_equal(reader.error, "");
    gzip_reader_deinit(&reader);
    fclose(file);
    free(packed);
    Pprof__Profile *profile = pprof__profile__unpack(NULL, size, bytes);
    assert_non_null(profile);
    return profile;
}

static void check_texts(const Pprof__Profile *profile, int64_t text)
{
    assert_in_range(text, 0, profile->n_string_table - 1);
}

static const Pprof__Location *find_location(const Pprof__Profile *profile, uint64_t id)
{
    for (size_t i = 0; i < profile->n_location; i++)
        if (profile->location[i]->id == id)
            return profile->location[i];
    fail_msg("no location %lu", id);
    return NULL;
}

static bool has_mapping(const Pprof__Profile *profile, const Pprof__Location *location)
{
    for (size_t i = 0; i < profile->n_mapping; i++) {
        const Pprof__Mapping *mapping = profile->mapping[i];
        if (mapping->id == location->mapping_id)
            return location->address < mapping->memory_limit;
    }
    return !location->mapping_id;
}

/* Every number is one of something. */
static void check_references(const Pprof__Profile *profile)
{
    assert_true(profile->n_string_table && !*profile->string_table[0]);
    for (size_t i = 0; i < profile->n_sample; i++) {
        assert_int_equal(profile->sample[i]->n_value, profile->n_sample_type);
        for (size_t j = 0; j < profile->sample[i]->n_location_id; j++)
            find_location(profile, profile->sample[i]->location_id[j]);
        for (size_t j = 0; j < profile->sample[i]->n_label; j++) {
            check_texts(profile, profile->sample[i]->label[j]->key);
            check_texts(profile, profile->sample[i]->label[j]->str);
        }
    }
    for (size_t i = 0; i < profile->n_location; i++) {
        assert_true(has_mapping(profile, profile->location[i]));
        for (size_t j = 0; j < profile->location[i]->n_line; j++)
            assert_in_range(profile->location[i]->line[j]->function_id, 1, profile->n_function);
    }
    for (size_t i = 0; i < profile->n_function; i++) {
        assert_int_equal(profile->function[i]->id, i + 1);
        check_texts(profile, profile->function[i]->name);
        check_texts(profile, profile->function[i]->system_name);
        check_texts(profile, profile->function[i]->filename);
    }
}

static int64_t sum_of(const Pprof__Profile *profile, size_t value)
{
    int64_t sum = 0;

    for (size_t i = 0; i < profile->n_sample; i++)
        sum += profile->sample[i]->value[value];
    return sum;
}

static const char *label_of(const Pprof__Profile *profile, const Pprof__Sample *sample,
                            const char *key)
{
    for (size_t i = 0; i < sample->n_label; i++)
        if (!strcmp(profile->string_table[sample->label[i]->key], key))
            return profile->string_table[sample->label[i]->str];
    fail_msg("no label %s", key);
    return NULL;
}

static const Pprof__Sample *find_sample(const Pprof__Profile *profile, int64_t calls)
{
    for (size_t i = 0; i < profile->n_sample; i++)
        if (profile->sample[i]->value[0] == calls)
            return profile->sample[i];
    fail_msg("no sample of %ld calls", calls);
    return NULL;
}

/* "name name", of the functions at the location that the sample has at a place, innermost first. */
static void check_functions(const Pprof__Profile *profile, const Pprof__Sample *sample,
                            size_t place, const char *expected)
{
    char text[256] = "";

    assert_true(place < sample->n_location_id);
    const Pprof__Location *location = find_location(profile, sample->location_id[place]);
    for (size_t i = 0; i < location->n_line; i++) {
        int64_t name = profile->function[location->line[i]->function_id - 1]->name;
        strcat(strcat(text, i ? "|" : ""), profile->string_table[name]);
    }
    assert_string_equal(text, expected);
}

static void test_sample(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 15, 0, "in", ""), 0);
    assert_int_equal(run_add_line(&run, SAMPLE_APP, 15, 0, "in.c", 7), 0);
    assert_int_equal(run_add_line(&run, SAMPLE_APP, 15, 1, "main.c", 8), 0);
    Pprof__Profile *profile = print_profile(&run);
    check_references(profile);
    assert_int_equal(profile->n_sample_type, 1);
    assert_int_equal(sum_of(profile, 0), 18);
    const Pprof__Sample *sample = find_sample(profile, 10);
    assert_string_equal(label_of(profile, sample, "syscall"), "write");
    assert_string_equal(label_of(profile, sample, "library"), "liba.so.1.2");
    assert_string_equal(label_of(profile, sample, "program"), "app");
    assert_string_equal(label_of(profile, sample, "phase"), "main");
    assert_int_equal(sample->n_location_id, 4);
    check_functions(profile, sample, 0, "write [libc.so.6]");
    check_functions(profile, sample, 1, "liba.so.1.2+0x7");
    check_functions(profile, sample, 2, "in [app]|main [app]");
    const Pprof__Location *main_location = find_location(profile, sample->location_id[2]);
    assert_int_equal(main_location->address, 15);
    assert_int_equal(main_location->line[0]->line, 7);
    assert_int_equal(main_location->line[1]->line, 8);
    assert_string_equal(profile->string_table[profile->mapping[0]->filename], "/bin/app");
    assert_string_equal(profile->string_table[profile->mapping[0]->build_id], "a9");
    pprof__profile__free_unpacked(profile, NULL);
    run_deinit(&run);
}

static void test_results(void **state)
{
    struct run run, other;
    (void)state;

    sample_run_with_results(&run, '1');
    Pprof__Profile *profile = print_profile(&run);
    check_references(profile);
    assert_int_equal(profile->n_sample_type, 3);
    assert_int_equal(sum_of(profile, 0), 18);
    assert_int_equal(sum_of(profile, 1), 5);
    assert_int_equal(sum_of(profile, 2), 5001234567);
    pprof__profile__free_unpacked(profile, NULL);
    sample_run(&other, '2'); /* without: of all nothing is known */
    assert_int_equal(run_merge(&run, &other), 0);
    profile = print_profile(&run);
    assert_int_equal(profile->n_sample_type, 1);
    assert_int_equal(sum_of(profile, 0), 36);
    pprof__profile__free_unpacked(profile, NULL);
    run_deinit(&run);
    run_deinit(&other);
}

static void test_empty(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    Pprof__Profile *profile = print_profile(&run);
    check_references(profile);
    assert_int_equal(profile->n_sample, 0);
    pprof__profile__free_unpacked(profile, NULL);
    run_deinit(&run);
}

/* Cut as in folded stacks. */
static void test_deep(void **state)
{
    enum { DEPTH = 100000 };
    struct run run;
    int64_t stack = STACK_COMPLETE;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    uint32_t execution = sample_execution(&run, '1');
    for (int i = 0; i < DEPTH; i++)
        stack = stacks_add(&run.stacks, (uint32_t)stack, &(struct frame){ SAMPLE_APP, 0, 15 });
    sample_calls(&run, execution, (uint32_t)stack, 1, 1);
    Pprof__Profile *profile = print_profile(&run);
    check_references(profile);
    assert_int_equal(profile->sample[0]->n_location_id, CALLTREE_DEPTH_MAX + 1);
    check_functions(profile, profile->sample[0], CALLTREE_DEPTH_MAX / 2, "... frames left out");
    pprof__profile__free_unpacked(profile, NULL);
    run_deinit(&run);
}

static void test_hostile_names(void **state)
{
    const struct frame frames[] = { { SAMPLE_APP, 0, 110 } };
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    sample_modules(&run);
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 100, 20, "\xff\n\"</", "", SOURCE_SYMTAB), 0);
    uint32_t execution = sample_execution(&run, '1');
    run.executions[execution].start.tv_sec = 253402300799; /* the year 9999 */
    sample_calls_by(&run, execution, frames, 1, 1, 3);
    Pprof__Profile *profile = print_profile(&run);
    check_references(profile);
    check_functions(profile, find_sample(profile, 3), 0, "\\xff\\x0a\"</ [app]");
    pprof__profile__free_unpacked(profile, NULL);
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),        cmocka_unit_test(test_results),
        cmocka_unit_test(test_empty),         cmocka_unit_test(test_deep),
        cmocka_unit_test(test_hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
