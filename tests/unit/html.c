/* html.c - the HTML report: its data are JSON that no name can end or make markup of, and say what
 * the run says; its policy lets only its own style and script be. */
#include "sample.h"

#include <jansson.h>
#include "report/format.h"
#include "report/frametree.h"
#include "report/htmljson.h"
#include "report/htmlpage.h"

/* ---- Strings ---- */

static void check_string(const char *text, const char *expected)
{
    char *printed = NULL;
    size_t size;
    FILE *file = open_memstream(&printed, &size);

    assert_non_null(file);
    htmljson_string(file, text);
    fclose(file);
    assert_string_equal(printed, expected);

    json_t *parsed = json_loads(printed, JSON_DECODE_ANY, NULL);
    assert_string_equal(json_string_value(parsed), text);
    json_decref(parsed);
    free(printed);
}

static void test_strings(void **state)
{
    (void)state;
    check_string("", "\"\"");
    check_string("libc.so.6", "\"libc.so.6\"");
    check_string("</script>", "\"\\u003c/script\\u003e\"");
    check_string("<!--<script>", "\"\\u003c!--\\u003cscript\\u003e\"");
    check_string("a&b'c\"d\\e", "\"a\\u0026b\\u0027c\\\"d\\\\e\"");
    check_string("\x01\n\t\x7f", "\"\\u0001\\u000a\\u0009\\u007f\"");
    check_string("\u2027\u2028\u2029\u202a", "\"\u2027\\u2028\\u2029\u202a\"");
    check_string("\u202egnp.exe", "\"\u202egnp.exe\"");
    check_string("日本語 é 🙂", "\"日本語 é 🙂\"");
}

/* ---- The page ---- */

/* The page of the run, to be freed. */
static char *print_page(struct run *run)
{
    struct table table;

    assert_int_equal(table_build(run, &(struct table_options){ 0 }, &table), 0);
    const struct subject subject = { .run = run, .table = &table };
    char *page = PRINTED(html_print(file, &subject));
    table_deinit(&table);
    return page;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static json_t *data_of(char *page)
{
    static const char begin[] = "<script id=\"data\" type=\"application/json\">";
    json_error_t error;
    char *start = strstr(page, begin);

    assert_non_null(start);
    start += strlen(begin);
    char *end = strstr(start, "</script>");
    assert_non_null(end);
    *end = '\0';
    json_t *data = json_loads(start, JSON_REJECT_DUPLICATES, &error);
    if (!data)
        fail_msg("line %d: %s", error.line, error.text);
    *end = '<';
    return data;
}

static json_int_t sum_of(const json_t *data, const char *object, const char *column)
{
    json_t *list = json_object_get(json_object_get(data, object), column), *value;
    json_int_t sum = 0;
    size_t i;

    assert_true(json_is_array(list));
    json_array_foreach(list, i, value) sum += json_integer_value(value);
    return sum;
}

static size_t length_of(const json_t *data, const char *object, const char *column)
{
    return json_array_size(json_object_get(json_object_get(data, object), column));
}

static void test_data(void **state)
{
    struct run run;
    (void)state;

    sample_run_with_results(&run, '1');
    char *page = print_page(&run);
    json_t *data = data_of(page);
    assert_int_equal(sum_of(data, "counts", "calls"), 18);
    assert_int_equal(sum_of(data, "counts", "errors"), 5);
    assert_int_equal(sum_of(data, "counts", "nanoseconds"), 5001234567);
    assert_int_equal(length_of(data, "counts", "syscall"), 6);
    assert_int_equal(length_of(data, "stacks", "library"), 6);
    assert_int_equal(sum_of(data, "stacks", "inexact"), 1);
    assert_int_equal(sum_of(data, "stacks", "incomplete"), 1);
    assert_int_equal(json_array_size(json_object_get(data, "keys")), keys_count);
    assert_int_equal(json_array_size(json_object_get(data, "executions")), 1);
    json_decref(data);
    free(page);
    run_deinit(&run);
}

static void test_agent(void **state)
{
    struct run run;
    (void)state;

    sample_run(&run, '1');
    char *page = print_page(&run);
    assert_non_null(strstr(page, "\"agent\":null,"));
    free(page);
    run.executions[0].agent_calls = 15;
    run.executions[0].agent_stops[AGENT_STOP_EARLY] = 1;
    run.executions[0].agent_stops[AGENT_STOP_NEW] = 2;
    run.executions[0].agent_sites[AGENT_FORM_HOP] = 3;
    run.executions[0].agent_sites[AGENT_FORM_NO_ROOM] = 4;
    page = print_page(&run);
    assert_non_null(strstr(page, "\"agent\":{\"calls\":18,\"counted\":15,"
                                 "\"stops\":{\"early\":1,\"with a new stack\":2},"
                                 "\"patched\":3,\"unpatched\":{\"no-room\":4}},"));
    free(page);
    run_deinit(&run);
}

/* Whatever things are called. */
static void test_hostile_names(void **state)
{
    static const char name[] = "</script><script>x=1</script><!--\"'&\xff\n\u202e\u2028";
    struct run run;
    (void)state;

    sample_run(&run, '1');
    free(run.modules[SAMPLE_LIBA].name);
    run.modules[SAMPLE_LIBA].name = strdup(name);
    free(run.programs[0].name);
    run.programs[0].name = strdup(name);
    free(run.executions[0].command[0]);
    run.executions[0].command[0] = strdup(name);
    assert_int_equal(run_add_symbol(&run, SAMPLE_LIBA, 0, 50, name, "c:<b>", SOURCE_SYMTAB), 0);
    char *page = print_page(&run);
    assert_int_equal(count_of(page, "</script>"), 2);
    assert_int_equal(count_of(page, "<script"), 2);
    assert_int_equal(count_of(page, "<b>"), 0);
    assert_null(strstr(page, "\u2028"));
    json_t *data = data_of(page), *text;
    bool found = false;
    size_t i;
    json_array_foreach(json_object_get(data, "texts"), i, text) found |= !strcmp(
        json_string_value(text), "</script><script>x=1</script><!--\"'&\\xff\\x0a\u202e\u2028");
    assert_true(found);
    json_decref(data);
    free(page);
    run_deinit(&run);
}

/* Two runs, in one of which liba asked for something more. */
static void test_coverage(void **state)
{
    const struct frame more[] = { { SAMPLE_LIBA, 0, 9 } };
    struct run run, other;
    (void)state;

    sample_run(&run, '1');
    sample_run(&other, '2');
    sample_calls_by(&other, 0, more, 1, 42, 1);
    free(other.executions[0].command[0]);
    other.executions[0].command[0] = strdup("</script>");
    assert_int_equal(run_merge(&run, &other), 0);
    char *page = print_page(&run);
    assert_int_equal(count_of(page, "</script>"), 2);
    json_t *data = data_of(page), *coverage = json_object_get(data, "coverage");
    json_t *rows = json_object_get(json_object_get(coverage, "estimates"), "rows");
    json_t *curve = json_object_get(json_object_get(coverage, "curve"), "rows");
    assert_int_equal(json_array_size(rows), 5); /* of all, app, liba, the loader, [start] */
    assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, 0), 3)), 6);
    assert_int_equal(json_integer_value(json_array_get(json_array_get(rows, 0), 4)), 1);
    assert_int_equal(json_array_size(curve), 4);
    json_decref(data);
    free(page);
    run_deinit(&run);
    run_deinit(&other);
}

static void test_empty_run(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    char *page = print_page(&run);
    json_decref(data_of(page));
    free(page);
    run_deinit(&run);
}

/* All that is in it is named by its hash in the policy, and there is no other address in it. */
static void test_policy(void **state)
{
    struct run run;
    (void)state;

    assert_int_equal(run_init(&run), 0);
    char *page = print_page(&run);
    assert_non_null(strstr(page, "content=\"default-src 'none'; style-src 'sha256-"));
    assert_non_null(strstr(page, "; script-src 'sha256-"));
    assert_int_equal(count_of(page, "@hash of"), 0);
    assert_int_equal(count_of(page, "http://") + count_of(page, "https://"), 0);
    assert_int_equal(count_of(page, "innerHTML"), 0);
    free(page);
    run_deinit(&run);
}

/* ---- The tree of frames ---- */

/* "app main > liba.so.1.2 f" of the frames out to the root. */
static char *path_of(const struct frametree *tree, const struct keys *keys, uint32_t node)
{
    char *path = strdup("");

    for (; node; node = tree->nodes[node].parent) {
        const struct frame_label *label = &tree->labels[tree->nodes[node].label];
        char *longer;
        assert_true(asprintf(&longer, "%s %s%s%s%s", keys->values.texts[label->library],
                             keys->values.texts[label->function],
                             tree->nodes[node].marks & FRAMETREE_INLINED ? " (inlined)" : "",
                             *path ? " > " : "", path) > 0);
        free(path);
        path = longer;
    }
    return path;
}

static void check_path(const struct frametree *tree, const struct keys *keys, uint32_t stack,
                       const char *expected)
{
    char *path = path_of(tree, keys, tree->of_stacks[stack]);

    assert_string_equal(path, expected);
    free(path);
}

static void test_frame_tree(void **state)
{
    struct callers callers;
    struct run run;
    struct keys keys;
    struct frametree tree;
    const struct caller *caller;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 16, 0, "inner", ""), 0);
    assert_int_equal(run_add_inlined(&run, SAMPLE_APP, 16, 1, "outer", ""), 0);
    /* At its start a function has called nothing. */
    assert_int_equal(run_add_inlined(&run, SAMPLE_LIBA, 7, 0, "not there", ""), 0);
    assert_int_equal(callers_init(&callers, &run, &(struct table_options){ 0 }), 0);
    assert_int_equal(callers_find(&callers, run.stacks.count - 1, &caller), 0);
    assert_int_equal(keys_init(&keys, &run, &callers, NULL), 0);
    assert_int_equal(frametree_init(&tree, &keys), 0);
    check_path(&tree, &keys, run.counts[0].stack, "[start] ");
    check_path(&tree, &keys, run.counts[2].stack,
               "app app+0x1 > app main > liba.so.1.2 liba.so.1.2+0x7 > libc.so.6 write");
    check_path(&tree, &keys, run.counts[3].stack,
               "app app+0x1 > app main > app outer (inlined) > app inner (inlined) > "
               "libc.so.6 write");
    check_path(&tree, &keys, run.counts[5].stack, " no-cfi > libc.so.6 write");
    frametree_deinit(&tree);
    keys_deinit(&keys);
    callers_deinit(&callers);
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),   cmocka_unit_test(test_data),
        cmocka_unit_test(test_agent),     cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_empty_run), cmocka_unit_test(test_coverage),
        cmocka_unit_test(test_policy),    cmocka_unit_test(test_frame_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
