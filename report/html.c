/*
 * html.c - the report for a browser: one page, html/page.html, that needs nothing else. Here the
 * data are put into it: texts once, everything else as columns of numbers. The page makes its
 * tables and pictures of them (html/app.js).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "record/timestamp.h"
#include "report/agentsum.h"
#include "report/capability.h"
#include "report/format.h"
#include "report/frametree.h"
#include "report/grid.h"
#include "report/htmljson.h"
#include "report/htmlpage.h"
#include "report/keys.h"
#include "report/query.h"
#include "report/seenhtml.h"

static const char *const domain_names[] = {
    [KEY_OF_PROGRAM] = "program", [KEY_OF_EXECUTION] = "execution", [KEY_OF_PHASE] = "phase",
    [KEY_OF_LIBRARY] = "library", [KEY_OF_STACK] = "stack",         [KEY_OF_SYSCALL] = "syscall",
    [KEY_OF_PAIR] = "pair",
};
enum { DOMAINS = sizeof(domain_names) / sizeof(*domain_names) };

/* The elements of a domain that calls have, numbered anew in the order of the counts. */
struct elements {
    size_t count;
    uint32_t *of_counts; /* by count */
    uint32_t *examples;  /* a count that has it, by element */
};

struct page {
    FILE *file;
    struct run *run;
    const struct subject *subject;
    struct keys keys;
    struct elements elements[DOMAINS]; /* none of libraries: these keep their numbers */
    struct frametree tree;
    bool results; /* of at least one execution */
};

/* ---- What the calls have ---- */

/* What the domain's elements are told apart by. */
static int64_t number_of(struct page *page, enum key_domain domain, const struct count *count)
{
    switch (domain) {
    case KEY_OF_PROGRAM:
        return count->program;
    case KEY_OF_EXECUTION:
        return count->execution;
    case KEY_OF_PHASE:
        return keys_of_count(&page->keys, key_parse("phase"), count);
    case KEY_OF_SYSCALL:
        return (int64_t)count->nr * ABI_COUNT + count->abi;
    case KEY_OF_PAIR:
        return (int64_t)needs_pair(page->keys.callers, count);
    default:
        return count->stack;
    }
}

static int number_elements(struct page *page, enum key_domain domain, struct elements *ret)
{
    const struct run *run = page->run;
    int64_t *numbers = calloc(run->count_count + 1, sizeof(*numbers));
    struct slots slots = { 0 };
    int error = 0;

    ret->of_counts = calloc(run->count_count + 1, sizeof(*ret->of_counts));
    ret->examples = calloc(run->count_count + 1, sizeof(*ret->examples));
    if (!numbers || !ret->of_counts || !ret->examples)
        error = -ENOMEM;
    for (size_t i = 0; i < run->count_count && !error; i++) {
        int64_t number = number_of(page, domain, &run->counts[i]);
        uint64_t key = slots_mix(0, (uint64_t)number);
        uint32_t found = SLOTS_FIND(j, &slots, key, numbers[j] == number);
        if (found == SLOTS_NONE) {
            found = (uint32_t)ret->count++;
            numbers[found] = number;
            ret->examples[found] = (uint32_t)i;
            error = number < 0 ? (int)number : slots_add(&slots, key, found);
        }
        ret->of_counts[i] = found;
    }
    slots_deinit(&slots);
    free(numbers);
    return error;
}

static void page_deinit(struct page *page)
{
    for (int i = 0; i < DOMAINS; i++) {
        free(page->elements[i].of_counts);
        free(page->elements[i].examples);
    }
    frametree_deinit(&page->tree);
    keys_deinit(&page->keys);
}

static int page_init(struct page *page, FILE *file, const struct subject *subject)
{
    const struct table *table = subject->table;

    *page = (struct page){
        .file = file,
        .run = subject->run,
        .subject = subject,
        .results = run_has_results(subject->run),
    };
    int error = keys_init(&page->keys, page->run, &table->callers, subject->groups);
    for (int i = 0; i < DOMAINS && !error; i++)
        if (i != KEY_OF_LIBRARY)
            error = number_elements(page, (enum key_domain)i, &page->elements[i]);
    if (!error)
        error = frametree_init(&page->tree, &page->keys);
    if (error)
        page_deinit(page);
    return error;
}

/* ---- Texts ---- */

static int print_escaped(FILE *file, const char *raw)
{
    char *text = escape(raw);

    if (!text)
        return -ENOMEM;
    htmljson_string(file, text);
    free(text);
    return 0;
}

static void print_texts(const struct page *page)
{
    fputs("\"texts\":[", page->file);
    for (size_t i = 0; i < page->keys.values.count; i++) {
        fputs(i ? "," : "", page->file);
        htmljson_string(page->file, page->keys.values.texts[i]);
    }
    fputs("]", page->file);
}

/* ---- Keys ---- */

static int64_t value_of(struct page *page, int key, size_t element)
{
    enum key_domain domain = keys_all[key].domain;

    if (domain == KEY_OF_LIBRARY)
        return keys_of_library(&page->keys, key, (uint32_t)element);
    return keys_of_count(&page->keys, key,
                         &page->run->counts[page->elements[domain].examples[element]]);
}

static int print_key(struct page *page, int number)
{
    const struct key *key = &keys_all[number];
    size_t count = key->domain == KEY_OF_LIBRARY ? page->subject->table->callers.library_count
                                                 : page->elements[key->domain].count;

    fputs("{", page->file);
    htmljson_member(page->file, "name", key->name);
    fputs(",", page->file);
    htmljson_member(page->file, "about", key->about);
    fputs(",", page->file);
    htmljson_member(page->file, "domain", domain_names[key->domain]);
    fprintf(page->file, ",\"several\":%s,\"values\":[", key->several ? "true" : "false");
    for (size_t i = 0; i < count; i++) {
        int64_t value = value_of(page, number, i);
        if (value < 0)
            return (int)value;
        fprintf(page->file, "%s%" PRId64, i ? "," : "", value);
    }
    fputs("]}", page->file);
    return 0;
}

static int print_keys(struct page *page)
{
    int error = 0;

    fputs("\"keys\":[", page->file);
    for (size_t i = 0; i < keys_count && !error; i++) {
        fputs(i ? ",\n" : "\n", page->file);
        error = print_key(page, (int)i);
    }
    fputs("],\n", page->file);
    return error;
}

/* ---- Counts and stacks ---- */

static uint64_t element_of(const void *context, size_t count)
{
    return ((const struct elements *)context)->of_counts[count];
}

static uint64_t calls_of(const void *context, size_t count)
{
    return ((const struct page *)context)->run->counts[count].calls;
}

static uint64_t errors_of(const void *context, size_t count)
{
    return ((const struct page *)context)->run->counts[count].errors;
}

static uint64_t nanoseconds_of(const void *context, size_t count)
{
    return ((const struct page *)context)->run->counts[count].nanoseconds;
}

static void print_counts(const struct page *page)
{
    size_t count = page->run->count_count;

    fputs("\"counts\":{", page->file);
    for (int i = 0; i < DOMAINS; i++) {
        if (i == KEY_OF_LIBRARY)
            continue;
        htmljson_column(page->file, domain_names[i], count, element_of, &page->elements[i]);
        fputs(",\n", page->file);
    }
    htmljson_column(page->file, "calls", count, calls_of, page);
    if (page->results) {
        fputs(",\n", page->file);
        htmljson_column(page->file, "errors", count, errors_of, page);
        fputs(",\n", page->file);
        htmljson_column(page->file, "nanoseconds", count, nanoseconds_of, page);
    }
    fputs("},\n", page->file);
}

/* The stack with this number among the elements. */
static uint32_t stack_of(const struct page *page, size_t element)
{
    return page->run->counts[page->elements[KEY_OF_STACK].examples[element]].stack;
}

static const struct caller *caller_of(const void *context, size_t element)
{
    const struct page *page = context;
    return callers_known(page->keys.callers, stack_of(page, element));
}

static uint64_t library_of(const void *context, size_t element)
{
    return caller_of(context, element)->library;
}

static uint64_t issuer_of(const void *context, size_t element)
{
    return caller_of(context, element)->issuer;
}

static uint64_t set_of(const void *context, size_t element)
{
    return caller_of(context, element)->on_stack;
}

static uint64_t is_inexact(const void *context, size_t element)
{
    return caller_of(context, element)->verdict.inexact;
}

static uint64_t is_incomplete(const void *context, size_t element)
{
    return caller_of(context, element)->verdict.unknown_on_stack;
}

static uint64_t node_of(const void *context, size_t element)
{
    const struct page *page = context;
    return page->tree.of_stacks[stack_of(page, element)];
}

static void print_stacks(const struct page *page)
{
    static const struct {
        const char *name;
        htmljson_number *get;
    } columns[] = {
        { "library", library_of }, { "issuer", issuer_of },         { "set", set_of },
        { "inexact", is_inexact }, { "incomplete", is_incomplete }, { "node", node_of }
    };

    fputs("\"stacks\":{", page->file);
    for (size_t i = 0; i < sizeof(columns) / sizeof(*columns); i++) {
        fputs(i ? ",\n" : "", page->file);
        htmljson_column(page->file, columns[i].name, page->elements[KEY_OF_STACK].count,
                        columns[i].get, page);
    }
    fputs("},\n", page->file);
}

/* ---- Sets of libraries, and the tree of frames ---- */

static uint64_t set_library(const void *context, size_t set)
{
    return ((const struct library_set *)context)[set].library;
}

static uint64_t set_rest(const void *context, size_t set)
{
    return ((const struct library_set *)context)[set].rest;
}

static uint64_t label_library_of(const void *context, size_t label)
{
    return ((const struct frame_label *)context)[label].library;
}

static uint64_t label_function_of(const void *context, size_t label)
{
    return ((const struct frame_label *)context)[label].function;
}

static uint64_t node_parent(const void *context, size_t node)
{
    return ((const struct frame_node *)context)[node].parent;
}

static uint64_t node_label(const void *context, size_t node)
{
    return ((const struct frame_node *)context)[node].label;
}

static uint64_t node_marks(const void *context, size_t node)
{
    return ((const struct frame_node *)context)[node].marks;
}

/* A list of two columns as an object. */
static void print_pairs(FILE *file, const char *name, size_t count, const void *context,
                        const char *first, htmljson_number *get_first, const char *second,
                        htmljson_number *get_second)
{
    fprintf(file, "\"%s\":{", name);
    htmljson_column(file, first, count, get_first, context);
    fputs(",\n", file);
    htmljson_column(file, second, count, get_second, context);
    fputs("},\n", file);
}

static void print_tree(const struct page *page)
{
    const struct library_sets *sets = &page->keys.callers->sets;
    const struct frametree *tree = &page->tree;

    print_pairs(page->file, "sets", sets->count, sets->sets, "library", set_library, "rest",
                set_rest);
    print_pairs(page->file, "labels", tree->label_count, tree->labels, "library", label_library_of,
                "function", label_function_of);
    print_pairs(page->file, "nodes", tree->node_count, tree->nodes, "parent", node_parent, "label",
                node_label);
    htmljson_column(page->file, "marks", tree->node_count, node_marks, tree->nodes);
    fputs(",\n\"mark_names\":{", page->file);
    fprintf(page->file, "\"%d\":\"inlined\"", FRAMETREE_INLINED);
    for (int bit = 1; frame_mark_name(bit); bit <<= 1)
        fprintf(page->file, ",\"%d\":\"%s\"", bit, frame_mark_name(bit));
    fputs("},\n", page->file);
}

/* ---- Executions and their quality ---- */

static void print_count(FILE *file, const char *name, uint64_t count)
{
    if (count == COUNT_UNKNOWN)
        fprintf(file, ",\"%s\":null", name);
    else
        fprintf(file, ",\"%s\":%" PRIu64, name, count);
}

static int print_command(FILE *file, const struct execution *execution)
{
    int error = 0;

    fputs(",\"command\":[", file);
    for (char **word = execution->command; word && *word && !error; word++) {
        fputs(word > execution->command ? "," : "", file);
        error = print_escaped(file, *word);
    }
    fputs("],\"attach\":[", file);
    for (size_t i = 0; i < execution->attach_count; i++)
        fprintf(file, "%s%" PRId64, i ? "," : "", execution->attach[i]);
    fputs("]", file);
    return error;
}

static int print_facts(FILE *file, const struct execution *execution)
{
    const struct {
        const char *name, *raw;
    } facts[] = { { "id", execution->id },           { "kernel", execution->kernel },
                  { "machine", execution->machine }, { "libc", execution->libc },
                  { "version", execution->version }, { "engine", execution->engine } };
    char start[TIMESTAMP_SIZE], end[TIMESTAMP_SIZE];
    int error = 0;

    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts) && !error; i++) {
        fprintf(file, "%s\"%s\":", i ? "," : "", facts[i].name);
        error = print_escaped(file, facts[i].raw ? facts[i].raw : "");
    }
    fprintf(file, ",\"start\":\"%s\",\"end\":\"%s\"", timestamp_print(&execution->start, start),
            timestamp_print(&execution->end, end));
    return error;
}

static int print_execution(FILE *file, const struct execution *execution,
                           const struct quality *quality)
{
    fputs("{", file);
    int error = print_facts(file, execution);
    if (!error)
        error = print_command(file, execution);
    fprintf(file, ",\"exit_status\":%d,\"exit_signal\":%d,\"cut_short\":%s,\"results\":%s",
            execution->exit_status, execution->exit_signal, execution->cut_short ? "true" : "false",
            execution->results ? "true" : "false");
    print_count(file, "entries", execution->entries);
    print_count(file, "denied", execution->denied);
    print_count(file, "refused", execution->refused);
    print_count(file, "killed", execution->killed);
    print_count(file, "vsyscall", execution->vsyscall);
    print_count(file, "paused", execution->paused);
    print_count(file, "lost", execution->lost);
    fputs(",\"ends\":{", file);
    for (int end = 0; end < STACK_ENDS; end++)
        fprintf(file, "%s\"%s\":%" PRIu64, end ? "," : "", stack_end_name(end),
                quality->by_end[end]);
    fputs("}}", file);
    return error;
}

static int print_executions(const struct page *page)
{
    const struct run *run = page->run;
    struct quality *quality = calloc(run->execution_count + 1, sizeof(*quality));
    int error = quality ? 0 : -ENOMEM;

    if (quality)
        run_quality(run, quality);
    fputs("\"executions\":[", page->file);
    for (size_t i = 0; i < run->execution_count && !error; i++) {
        fputs(i ? ",\n" : "\n", page->file);
        error = print_execution(page->file, &run->executions[i], &quality[i]);
    }
    fputs("],\n", page->file);
    free(quality);
    return error;
}

/* ---- The engine agent ---- */

/* Those that are not 0. */
static void print_numbers(FILE *file, const char *name, const uint64_t *numbers,
                          const char *const *words, size_t count)
{
    const char *comma = "";

    fprintf(file, ",\"%s\":{", name);
    for (size_t i = 0; i < count; i++) {
        if (!numbers[i])
            continue;
        fprintf(file, "%s\"%s\":%" PRIu64, comma, words[i], numbers[i]);
        comma = ",";
    }
    fputs("}", file);
}

static void print_agent(const struct page *page)
{
    struct agent_sum sum;

    fputs("\"agent\":", page->file);
    if (!agent_sum(page->run, &sum)) {
        fputs("null,\n", page->file);
        return;
    }
    fprintf(page->file, "{\"calls\":%" PRIu64, sum.calls);
    print_count(page->file, "counted", sum.counted);
    print_numbers(page->file, "stops", sum.stops, agent_sum_reasons, AGENT_STOPS);
    print_count(page->file, "patched", sum.patched);
    print_numbers(page->file, "unpatched", &sum.sites[AGENT_FORM_NO_CALL],
                  &agent_form_names[AGENT_FORM_NO_CALL], AGENT_FORMS - AGENT_FORM_NO_CALL);
    fputs("},\n", page->file);
}

/* ---- What the runs have not shown ---- */

/* Of one run there is nothing to say. */
static int print_coverage(const struct page *page)
{
    struct seen seen;

    fputs("\"coverage\":", page->file);
    if (page->run->execution_count < 2) {
        fputs("null,\n", page->file);
        return 0;
    }
    int error = seen_init(&seen, page->run, &page->subject->table->callers, SEEN_BY_RUN);
    if (error)
        return error;
    error = seenhtml_print(page->file, &seen);
    fputs(",\n", page->file);
    seen_deinit(&seen);
    return error;
}

/* ---- What else the page must know ---- */

static void print_capabilities(FILE *file)
{
    fputs("\"capabilities\":[", file);
    for (size_t i = 0; i < capability_count; i++) {
        fputs(i ? ",\n{" : "\n{", file);
        htmljson_member(file, "name", capabilities[i].name);
        fputs(",", file);
        htmljson_member(file, "meaning", capabilities[i].meaning);
        fputs(",", file);
        htmljson_member(file, "source", capabilities[i].source);
        fputs("}", file);
    }
    fputs("],\n", file);
}

static void print_measures(const struct page *page)
{
    fputs("\"measures\":[", page->file);
    for (int i = 0; i < MEASURES; i++)
        fprintf(page->file, "%s\"%s\"", i ? "," : "", measure_name((enum measure)i));
    fprintf(page->file, "],\n\"results\":%s,\n", page->results ? "true" : "false");
}

/* The columns of what is asked (--by, --measure), with which the page's table begins. */
static void print_asked(const struct page *page)
{
    const struct grid *grid = page->subject->asked ? page->subject->grid : NULL;

    fputs("\"asked\":[", page->file);
    for (size_t i = 0; grid && i < grid->column_count; i++) {
        fputs(i ? "," : "", page->file);
        htmljson_string(page->file, grid->columns[i]);
    }
    fputs("],\n", page->file);
}

static int print_data(struct page *page)
{
    fputs("{\"format\":\"systrace-lib-html/1\",\"version\":\"" SYSTRACE_VERSION "\",\n",
          page->file);
    int error = print_executions(page);
    print_agent(page);
    if (!error)
        error = print_coverage(page);
    if (!error)
        error = print_keys(page);
    if (error)
        return error;
    print_capabilities(page->file);
    print_measures(page);
    print_asked(page);
    print_counts(page);
    print_stacks(page);
    print_tree(page);
    print_texts(page); /* last: the others add to them */
    fputs("}", page->file);
    return 0;
}

int html_print(FILE *file, const struct subject *subject)
{
    struct page page;
    int error = page_init(&page, file, subject);

    if (error)
        return error;
    fwrite(htmlpage_before, 1, htmlpage_before_size, file);
    error = print_data(&page);
    fwrite(htmlpage_behind, 1, htmlpage_behind_size, file);
    page_deinit(&page);
    return error;
}
