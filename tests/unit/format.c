/* format.c - the table of formats: what a name or an ending chooses, and the texts made of it. */
#include "sample.h"

#include "report/format.h"

/* Endings of several parts, and two rows of one name. */
static const struct format odd[] = {
    { .name = "gz", .ending = ".gz" },
    { .name = "run", .ending = ".json.gz" },
    { .name = "run", .ending = ".json.gz", .of_table = true },
    { .name = "old", .ending = ".json" },
    { .name = "packed", .ending = ".pb.gz" },
    { 0 },
};

/* Each format is chosen by its name, and by its ending behind anything but nothing. */
static void test_each(void **state)
{
    (void)state;
    for (const struct format *format = formats; format->name; format++) {
        char path[64];
        snprintf(path, sizeof(path), "a.xml%s", format->ending);
        assert_ptr_equal(format_by_name(formats, format->name, format->of_table), format);
        assert_ptr_equal(format_by_ending(formats, path, format->of_table), format);
        assert_null(format_by_ending(formats, format->ending, format->of_table));
        assert_non_null(format->print);
        assert_true(*format->ending == '.' && *format->description);
    }
}

static void check_ending(const struct format *list, const char *path, bool table, int expected)
{
    const struct format *got = format_by_ending(list, path, table);

    if (got != (expected < 0 ? NULL : &list[expected]))
        fail_msg("'%s'%s: %s", path, table ? " --table" : "", got ? got->name : "none");
}

static void test_endings(void **state)
{
    static const struct {
        const char *path;
        bool table;
        int expected; /* index in `odd`; -1: none */
    } cases[] = {
        { "a.gz", false, 0 },
        { "a.json.gz", false, 1 },
        { "a.json.gz", true, 2 },
        { "a.json", false, 3 },
        { "a.json", true, 3 },
        { "a.pb.gz", false, 4 },
        { "a.pb.json.gz", false, 1 },
        { "d/.pb.gz", false, 4 },
        { ".json.gz", false, 0 },
        { ".gz", false, -1 },
        { "a.json.gz.x", false, -1 },
        { "gz", false, -1 },
        { "a.JSON", false, -1 },
        { "", false, -1 },
        { "a", true, -1 },
    };
    (void)state;

    for (size_t i = 0; i < LENGTH(cases); i++)
        check_ending(odd, cases[i].path, cases[i].table, cases[i].expected);
}

static void test_names(void **state)
{
    (void)state;
    assert_ptr_equal(format_by_name(odd, "run", false), &odd[1]);
    assert_ptr_equal(format_by_name(odd, "run", true), &odd[2]);
    assert_ptr_equal(format_by_name(odd, "gz", true), &odd[0]);
    assert_null(format_by_name(odd, "", false));
    assert_null(format_by_name(odd, "xml", false));
    assert_null(format_by_name(odd, "gzip", true));
    assert_null(format_by_name(odd, ".gz", false));
}

static void check_text(char *text, const char *expected)
{
    assert_non_null(text);
    assert_string_equal(text, expected);
    free(text);
}

static void test_texts(void **state)
{
    (void)state;
    check_text(format_names(odd), "gz, run, old or packed");
    check_text(format_endings(odd), ".gz, .json.gz, .json or .pb.gz");
    check_text(format_names(&odd[3]), "old or packed");
    check_text(format_names(&odd[4]), "packed");
}

static void print_help(FILE *file)
{
    static const struct format two[] = {
        { .name = "run", .ending = ".r", .description = "the run" },
        { .name = "run", .ending = ".r", .of_table = true, .description = "its table" },
        { 0 },
    };
    format_print_help(two, file);
}

static void test_help(void **state)
{
    (void)state;
    check_text(PRINTED((print_help(file), 0)), "  run             .r       the run\n"
                                               "  run --table     .r       its table\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each),  cmocka_unit_test(test_endings), cmocka_unit_test(test_names),
        cmocka_unit_test(test_texts), cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
