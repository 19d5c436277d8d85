/* formats.c - docs/formats.md is true: its examples are what is printed, its columns those there
 * are. */
#include "sample.h"

#include "report/csv.h"
#include "report/lines.h"
#include "record/runfile.h"
#include "report/stacktext.h"

/* The whole page. */
static char *read_page(void)
{
    enum { SIZE = 1 << 20 };
    char *page = calloc(1, SIZE);
    FILE *file = fopen(FORMATS_PAGE, "r");

    assert_non_null(file);
    assert_non_null(page);
    assert_in_range(fread(page, 1, SIZE, file), 1, SIZE - 1);
    fclose(file);
    return page;
}

/* The text's beginning up to its second empty line, or all of it. (Inline, gcc 12 takes it for the
 * pointer that PRINTED had it in.) */
static __attribute__((noinline)) void cut_stacks(char *text)
{
    char *end = strstr(text, "\n\n");
    end = end ? strstr(end + 2, "\n\n") : NULL;
    if (end)
        end[1] = '\0';
}

/* The text, as an indented block. */
static void check_example(const char *page, const char *text)
{
    char *block = NULL;
    size_t size;
    FILE *file = open_memstream(&block, &size);

    assert_non_null(file);
    for (const char *c = text; *c; c++)
        fprintf(file, "%s%c", (c == text || c[-1] == '\n') && *c != '\n' ? "    " : "", *c);
    fclose(file);
    if (!strstr(page, block))
        fail_msg("%s lacks this example:\n%s", FORMATS_PAGE, block);
    free(block);
}

static void test_examples(void **state)
{
    const struct table_options defaults = { 0 };
    struct table table;
    struct run run;
    char *page = read_page();
    (void)state;

    sample_run(&run, '1');
    char *text = PRINTED(runfile_print(file, &run));
    check_example(page, text);
    free(text);
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    text = PRINTED(csv_print(file, &table));
    check_example(page, text);
    free(text);
    text = PRINTED(stacktext_print(file, &run, &table));
    cut_stacks(text);
    check_example(page, text);
    free(text);
    table_deinit(&table);
    run_deinit(&run);
    free(page);
}

/* Each column has its line in the table, in their order. */
static void test_columns(void **state)
{
    char *page = read_page();
    const char *place = strstr(page, "| column | meaning |");
    (void)state;

    for (int i = 0; i < COLUMNS; i++) {
        char start[64];
        snprintf(start, sizeof(start), "\n| `%s` |", column_name(i));
        place = place ? strstr(place, start) : NULL;
        if (!place)
            fail_msg("%s does not say what %s is, or not in its place", FORMATS_PAGE,
                     column_name(i));
    }
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
