/* formats.c - docs/formats.md is true: its examples are what is printed, its columns those there
 * are. */
#include "sample.h"

#include "report/format.h"
#include "report/grid.h"

/* A whole file of the source tree. */
static char *read_source(const char *path)
{
    enum { SIZE = 1 << 20 };
    char *page = calloc(1, SIZE);
    FILE *file = fopen(path, "r");

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
    char *page = read_source(FORMATS_PAGE);
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(table_build(&run, &defaults, &table), 0);
    struct grid grid;
    assert_int_equal(grid_of_table(&table, &grid), 0);
    const struct subject subject = { .run = &run, .table = &table, .grid = &grid };
    char *text = PRINTED(csv_print(file, &subject));
    check_example(page, text);
    free(text);
    text = PRINTED(stacktext_print(file, &subject));
    cut_stacks(text);
    check_example(page, text);
    free(text);
    text = PRINTED(folded_print(file, &subject));
    check_example(page, text);
    free(text);
    grid_deinit(&grid);
    table_deinit(&table);
    text = PRINTED(runjson_print(file, &subject));
    check_example(page, text);
    free(text);
    run_deinit(&run);
    free(page);
}

/* Each column has its line in the table, in their order. */
static void test_columns(void **state)
{
    char *page = read_source(FORMATS_PAGE);
    const char *place = strstr(page, "| column | meaning |");
    struct table table;
    struct run run;
    struct grid grid;
    (void)state;

    sample_run(&run, '1');
    run.executions[0].results = true; /* so that all columns are there */
    assert_int_equal(table_build(&run, &(struct table_options){ 0 }, &table), 0);
    assert_int_equal(grid_of_table(&table, &grid), 0);
    for (size_t i = 0; i < grid.column_count; i++) {
        char start[64];
        snprintf(start, sizeof(start), "\n| `%s` |", grid.columns[i]);
        place = place ? strstr(place, start) : NULL;
        if (!place)
            fail_msg("%s does not say what %s is, or not in its place", FORMATS_PAGE,
                     grid.columns[i]);
    }
    grid_deinit(&grid);
    table_deinit(&table);
    run_deinit(&run);
    free(page);
}

/* All names, each but the first after the text between them. To be freed. */
static char *join_names(const char *between)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_non_null(file);
    for (const struct format *format = formats; format->name; format++)
        if (!format->of_table)
            fprintf(file, "%s%s", format == formats ? "" : between, format->name);
    fclose(file);
    return text;
}

static void check_mentioned(const char *path, const char *before, const char *what,
                            const char *behind)
{
    char *text = read_source(path), wanted[256];

    snprintf(wanted, sizeof(wanted), "%s%s%s", before, what, behind);
    if (!strstr(text, wanted))
        fail_msg("%s lacks '%s'", path, wanted);
    free(text);
}

/* The pages and the completions of the shells know each format. */
static void test_names_and_endings(void **state)
{
    char *bars = join_names("|"), *spaced = join_names(" | "), *words = join_names(" ");
    (void)state;

    check_mentioned(FORMATS_PAGE, "`--format=", bars, "`");
    check_mentioned(SOURCE "/docs/systrace-lib.1", ".It Fl -format Ns = Ns Cm ", spaced, "\n");
    check_mentioned(SOURCE "/packaging/systrace-lib.bash", "_systrace_lib_words ", words, " ;;");
    check_mentioned(SOURCE "/packaging/_systrace-lib", " format='(", words, ")'");
    for (const struct format *format = formats; format->name; format++) {
        check_mentioned(FORMATS_PAGE, "`", format->ending, "`");
        check_mentioned(SOURCE "/docs/systrace-lib.1", ".Pa ", format->ending, "\n");
    }
    free(bars);
    free(spaced);
    free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_names_and_endings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
