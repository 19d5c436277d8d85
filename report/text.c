/* text.c - the table for people: totals, libraries by calls, then what each library asks for. */
#include "text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "report/agentsum.h"
#include "report/capability.h"
#include "report/format.h"
#include "report/gridtext.h"
#include "report/label.h"
#include "report/width.h"

/* The rows of one library and system call, of all programs and phases. */
struct pair {
    struct table_row row;
    char call[SYSCALL_NAME_MAX];      /* the system call, */
    char name[SYSCALL_NAME_MAX + 16]; /* with its ABI, if that is not the machine's own */
};

struct page {
    FILE *file;
    const struct table *table;
    int width;
    int digits;                  /* of the widest number of calls */
    int error_digits;            /* of the widest number of errors */
    int second_width;            /* of the longest time */
    int numbers_width;           /* of all columns of numbers that both lists have */
    char **labels;               /* by library; NULL for those without rows */
    struct table_row *libraries; /* of all programs, phases and system calls */
    size_t library_count;
    struct pair *pairs;
    size_t pair_count;
};

int text_terminal_width(int fd)
{
    struct winsize size;
    return !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : TEXT_WIDTH;
}

/* ---- Paragraphs of words ---- */

struct paragraph {
    FILE *file;
    int width, indent, column;
};

/* Starts a new line before words that would pass the edge. Words of one call stay together. */
__attribute__((format(printf, 2, 3))) static void say(struct paragraph *paragraph,
                                                      const char *format, ...)
{
    char words[256];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    if (paragraph->column > paragraph->indent) {
        bool fits = paragraph->column + length + 2 <= paragraph->width; /* a space, a comma */
        fprintf(paragraph->file, "%s%*s", fits ? "" : "\n", fits ? 1 : paragraph->indent, "");
        paragraph->column = fits ? paragraph->column + 1 : paragraph->indent;
    }
    fputs(words, paragraph->file);
    paragraph->column += length;
}

/* A comma or semicolon behind the last word. */
static void punctuate(struct paragraph *paragraph, char mark)
{
    putc(mark, paragraph->file);
    paragraph->column++;
}

/* ---- Orders ---- */

static int compare_numbers(const struct table_row *a, const struct table_row *b)
{
    if (a->calls != b->calls)
        return a->calls > b->calls ? -1 : 1;
    if (a->issued != b->issued)
        return a->issued > b->issued ? -1 : 1;
    return (a->on_stack < b->on_stack) - (a->on_stack > b->on_stack);
}

static int compare_libraries(const void *a, const void *b, void *labels)
{
    const struct table_row *left = a, *right = b;
    int order = compare_numbers(left, right);
    return order ? order
                 : strcmp(((char **)labels)[left->library], ((char **)labels)[right->library]);
}

/* Of one library. The number comes last: a name is not worth a look-up for an order among equals.
 */
static int compare_pairs(const void *a, const void *b)
{
    const struct table_row *left = &((const struct pair *)a)->row;
    const struct table_row *right = &((const struct pair *)b)->row;
    int order = compare_numbers(left, right);

    if (order)
        return order;
    if (left->abi != right->abi)
        return left->abi < right->abi ? -1 : 1;
    return (left->nr > right->nr) - (left->nr < right->nr);
}

/* ---- Labels ---- */

/* Of several modules of one name, the path tells them apart, else the identity. */
static char *make_label(const struct page *page, const struct caller_library *library)
{
    const struct table *table = page->table;
    const struct module *module = &table->run->modules[library->module];
    const char *raw = module->name, *identity = "";

    for (size_t i = 0; i < page->library_count; i++) {
        uint32_t number = table->callers.libraries[page->libraries[i].library].module;
        const struct module *other = &table->run->modules[number];
        if (other == module || strcmp(other->name, module->name))
            continue;
        raw = module->path;
        if (!strcmp(other->path, module->path))
            identity = module->identity;
    }
    return label_library(raw, identity, library->component);
}

static int make_labels(struct page *page)
{
    page->labels = calloc(page->table->callers.library_count, sizeof(*page->labels));
    if (!page->labels)
        return -ENOMEM;
    for (size_t i = 0; i < page->library_count; i++) {
        uint32_t library = page->libraries[i].library;
        page->labels[library] = make_label(page, &page->table->callers.libraries[library]);
        if (!page->labels[library])
            return -ENOMEM;
    }
    return 0;
}

/* "openat", or "openat (i386)" where it is not the machine's own ABI. */
static int name_pair(struct pair *pair)
{
    if (!syscall_name(pair->row.abi, pair->row.nr, pair->call))
        return -ENOMEM;
    if (pair->row.abi == ABI_X86_64)
        snprintf(pair->name, sizeof(pair->name), "%s", pair->call);
    else
        snprintf(pair->name, sizeof(pair->name), "%s (%s)", pair->call, abi_name(pair->row.abi));
    return 0;
}

static int make_pairs(struct page *page)
{
    struct table_row *rows;
    int error = table_sum(page->table, TABLE_LIBRARY | TABLE_SYSCALL, &rows, &page->pair_count);

    if (error)
        return error;
    page->pairs = calloc(page->pair_count + 1, sizeof(*page->pairs));
    for (size_t i = 0; page->pairs && i < page->pair_count && !error; i++) {
        page->pairs[i].row = rows[i];
        error = name_pair(&page->pairs[i]);
    }
    free(rows);
    return page->pairs ? error : -ENOMEM;
}

/* ---- Printing ---- */

/* Rounded down, so that only all of them are 100 %. */
static double percent(uint64_t part, uint64_t all)
{
    return all ? (double)(uint64_t)((long double)part * 10000 / all) / 100 : 100;
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void say_ends(struct paragraph *paragraph, const uint64_t by_end[STACK_ENDS], uint64_t calls)
{
    uint64_t complete = by_end[STACK_COMPLETE];
    bool first = true;

    say(paragraph, "%" PRIu64 " stack%s complete", complete, plural(complete));
    say(paragraph, "(%.4g %%)", percent(complete, calls));
    if (complete == calls)
        return;
    punctuate(paragraph, ',');
    say(paragraph, "%" PRIu64 " incomplete:", calls - complete);
    for (int end = 0; end < STACK_ENDS; end++) {
        if (end == STACK_COMPLETE || !by_end[end])
            continue;
        if (!first)
            punctuate(paragraph, ',');
        first = false;
        say(paragraph, "%" PRIu64 " %s", by_end[end], stack_end_name(end));
    }
}

/* What is better not there. */
static void say_flaws(struct paragraph *paragraph, const struct table *table)
{
    uint64_t denied = 0, killed = 0, refused = 0, vsyscall = 0, paused = 0, lost = 0;

    for (size_t i = 0; i < table->run->execution_count; i++) {
        const struct execution *execution = &table->run->executions[i];
        denied += execution->denied == COUNT_UNKNOWN ? 0 : execution->denied;
        refused = run_sum(refused, execution->refused);
        killed += execution->killed;
        vsyscall += execution->vsyscall == COUNT_UNKNOWN ? 0 : execution->vsyscall;
        paused = run_sum(paused, execution->paused);
        lost += execution->lost;
    }
    const struct {
        uint64_t count;
        const char *name;
    } flaws[] = { { table->inexact, "inexact" },
                  { denied, "denied by the program's own filter" },
                  { refused, "refused, as the user asked" },
                  { killed, "in which the thread may have been killed" },
                  { vsyscall, "more through the vsyscall page" },
                  { paused, "more not recorded, in a pause" },
                  { lost, "more lost" } };

    for (size_t i = 0; i < sizeof(flaws) / sizeof(*flaws); i++) {
        if (!flaws[i].count)
            continue;
        punctuate(paragraph, ';');
        say(paragraph, "%" PRIu64 " %s", flaws[i].count, flaws[i].name);
    }
}

/* Those numbers that are not 0. */
static void say_numbers(struct paragraph *paragraph, const uint64_t *numbers,
                        const char *const *words, size_t count)
{
    bool first = true;

    for (size_t i = 0; i < count; i++) {
        if (!numbers[i])
            continue;
        if (!first)
            punctuate(paragraph, ',');
        first = false;
        say(paragraph, "%" PRIu64 " %s", numbers[i], words[i]);
    }
}

/* What the engine agent was good for, in a paragraph of its own. */
static void print_agent(const struct page *page)
{
    struct paragraph paragraph = { page->file, page->width, 0, 0 };
    struct agent_sum sum;

    if (!agent_sum(page->table->run, &sum))
        return;
    say(&paragraph, "agent: %.4g %% of %" PRIu64 " call%s;", percent(sum.counted, sum.calls),
        sum.calls, plural(sum.calls));
    say(&paragraph, "stops:");
    say_numbers(&paragraph, sum.stops, agent_sum_reasons, AGENT_STOPS);
    if (sum.patched || sum.unpatched) {
        punctuate(&paragraph, ';');
        say(&paragraph, "sites: %" PRIu64 " patched", sum.patched);
    }
    if (sum.unpatched) {
        punctuate(&paragraph, ',');
        say(&paragraph, "%" PRIu64 " not:", sum.unpatched);
        say_numbers(&paragraph, &sum.sites[AGENT_FORM_NO_CALL],
                    &agent_form_names[AGENT_FORM_NO_CALL], AGENT_FORMS - AGENT_FORM_NO_CALL);
    }
    putc('\n', page->file);
}

static int print_totals(const struct page *page)
{
    const struct table *table = page->table;
    struct paragraph paragraph = { page->file, page->width, 0, 0 };
    uint64_t by_end[STACK_ENDS] = { 0 };
    struct quality *quality = calloc(table->run->execution_count + 1, sizeof(*quality));

    if (!quality)
        return -ENOMEM;
    run_quality(table->run, quality);
    for (size_t i = 0; i < table->run->execution_count; i++)
        for (int end = 0; end < STACK_ENDS; end++)
            by_end[end] += quality[i].by_end[end];
    free(quality);

    size_t libraries = 0, pairs = 0; /* that have calls */
    for (size_t i = 0; i < page->library_count; i++)
        libraries += page->libraries[i].calls > 0;
    for (size_t i = 0; i < page->pair_count; i++)
        pairs += page->pairs[i].row.calls > 0;
    say(&paragraph, "%" PRIu64 " system call%s", table->calls, plural(table->calls));
    say(&paragraph, "by %zu librar%s", libraries, libraries == 1 ? "y" : "ies");
    say(&paragraph, "(%zu pair%s);", pairs, plural(pairs));
    say_ends(&paragraph, by_end, table->calls);
    say_flaws(&paragraph, table);
    putc('\n', page->file);
    print_agent(page);
    return 0;
}

/* One of the three number columns; they are right-aligned and as wide as the widest number needs.
 */
static void print_number(const struct page *page, uint64_t number)
{
    fprintf(page->file, "%*" PRIu64 "  ", page->digits, number);
}

static void print_heading(const struct page *page, const char *heading)
{
    fprintf(page->file, "%*s  ", page->digits, heading);
}

/* ---- Errors and seconds: two more columns, if there are results ---- */

static double seconds(uint64_t nanoseconds)
{
    return (double)nanoseconds / 1e9;
}

static void print_results_heading(const struct page *page)
{
    if (page->table->results)
        fprintf(page->file, "%*s  %*s  ", page->error_digits, "errors", page->second_width,
                "seconds");
}

/* A question mark for what is not known. */
static void print_results(const struct page *page, const struct table_row *sum)
{
    if (!page->table->results)
        return;
    if (sum->results)
        fprintf(page->file, "%*" PRIu64 "  %*.6f  ", page->error_digits, sum->errors,
                page->second_width, seconds(sum->nanoseconds));
    else
        fprintf(page->file, "%*s  %*s  ", page->error_digits, "?", page->second_width, "?");
}

/* ---- Libraries and pairs ---- */

static void print_libraries(const struct page *page)
{
    enum { PERCENT_WIDTH = 5 };
    int left = page->width - page->numbers_width - PERCENT_WIDTH - 2;

    print_heading(page, "calls");
    fprintf(page->file, "%*s  ", PERCENT_WIDTH, "%");
    print_heading(page, "issued");
    print_heading(page, "on stack");
    print_results_heading(page);
    fputs("library\n", page->file);
    for (size_t i = 0; i < page->library_count; i++) {
        const struct table_row *sum = &page->libraries[i];
        print_number(page, sum->calls);
        fprintf(page->file, "%*.1f  ", PERCENT_WIDTH, percent(sum->calls, page->table->calls));
        print_number(page, sum->issued);
        print_number(page, sum->on_stack);
        print_results(page, sum);
        width_print(page->file, page->labels[sum->library], left);
        putc('\n', page->file);
    }
}

/* What a library has to do with a system call, by the strongest. Each pair is shown as one of them.
 */
enum part { ASKS, ISSUES, IS_ON_STACK };

static enum part part_of(const struct pair *pair)
{
    return pair->row.calls ? ASKS : pair->row.issued ? ISSUES : IS_ON_STACK;
}

static void print_asked(const struct page *page, const struct pair *pair)
{
    int left = page->width - page->numbers_width;

    print_number(page, pair->row.calls);
    print_number(page, pair->row.issued);
    print_number(page, pair->row.on_stack);
    print_results(page, &pair->row);
    width_print(page->file, pair->name, left);
    putc('\n', page->file);
}

/* The library's pairs with this part as a paragraph, "issued for others: read 12, write 3". */
static void print_list(const struct page *page, const struct pair *pairs, size_t count,
                       enum part part, const char *title)
{
    struct paragraph paragraph = { page->file, page->width, 4, 4 };
    bool first = true;

    for (size_t i = 0; i < count; i++) {
        if (part_of(&pairs[i]) != part)
            continue;
        if (first) {
            fprintf(page->file, "%*s", paragraph.indent, "");
            say(&paragraph, "%s", title);
        } else {
            punctuate(&paragraph, ',');
        }
        first = false;
        say(&paragraph, "%s %" PRIu64, pairs[i].name,
            part == ISSUES ? pairs[i].row.issued : pairs[i].row.on_stack);
    }
    if (!first)
        putc('\n', page->file);
}

static bool may(const struct pair *pairs, size_t count, const struct capability *capability)
{
    for (size_t i = 0; i < count; i++)
        if (part_of(&pairs[i]) == ASKS && capability_has(capability, pairs[i].call))
            return true;
    return false;
}

/* What the calls that the library asked for may be for, "capabilities: connect, map-code". */
static void print_capabilities(const struct page *page, const struct pair *pairs, size_t count)
{
    struct paragraph paragraph = { page->file, page->width, 4, 4 };
    bool first = true;

    for (size_t i = 0; i < capability_count; i++) {
        if (!may(pairs, count, &capabilities[i]))
            continue;
        if (first) {
            fprintf(page->file, "%*s", paragraph.indent, "");
            say(&paragraph, "capabilities:");
        } else {
            punctuate(&paragraph, ',');
        }
        first = false;
        say(&paragraph, "%s", capabilities[i].name);
    }
    if (!first)
        putc('\n', page->file);
}

/* The pairs of one library, which stand together. */
static struct pair *find_pairs(const struct page *page, uint32_t library, size_t *count)
{
    size_t first = 0;

    while (first < page->pair_count && page->pairs[first].row.library != library)
        first++;
    for (*count = 0; first + *count < page->pair_count; ++*count)
        if (page->pairs[first + *count].row.library != library)
            break;
    return page->pairs + first;
}

static void print_library(const struct page *page, uint32_t library)
{
    size_t count;
    struct pair *pairs = find_pairs(page, library, &count);

    putc('\n', page->file);
    width_print(page->file, page->labels[library], page->width);
    putc('\n', page->file);
    qsort(pairs, count, sizeof(*pairs), compare_pairs);
    for (size_t i = 0; i < count && part_of(&pairs[i]) == ASKS; i++)
        print_asked(page, &pairs[i]);
    print_capabilities(page, pairs, count);
    print_list(page, pairs, count, ISSUES, "issued for others:");
    print_list(page, pairs, count, IS_ON_STACK, "on the stack of:");
}

static void print_pairs(const struct page *page)
{
    print_heading(page, "calls");
    print_heading(page, "issued");
    print_heading(page, "on stack");
    print_results_heading(page);
    fputs("system call\n", page->file);
    for (size_t i = 0; i < page->library_count; i++)
        print_library(page, page->libraries[i].library);
}

/* ---- The page ---- */

static int max(int a, int b)
{
    return a > b ? a : b;
}

/* Columns are as wide as their heading and the sum of all libraries, which nothing exceeds. */
static void measure(struct page *page)
{
    uint64_t errors = 0, nanoseconds = 0;

    for (size_t i = 0; i < page->library_count; i++) {
        errors += page->libraries[i].errors;
        nanoseconds = run_sum(nanoseconds, page->libraries[i].nanoseconds);
    }
    page->digits = max(snprintf(NULL, 0, "%" PRIu64, page->table->calls), strlen("on stack"));
    page->error_digits = max(snprintf(NULL, 0, "%" PRIu64, errors), strlen("errors"));
    page->second_width = max(snprintf(NULL, 0, "%.6f", seconds(nanoseconds)), strlen("seconds"));
    page->numbers_width = 3 * (page->digits + 2);
    if (page->table->results)
        page->numbers_width += page->error_digits + 2 + page->second_width + 2;
    int least = page->numbers_width + 7 + 8; /* with percents and eight columns of a name */
    page->width = max(page->width, max(least, TEXT_WIDTH_MIN));
}

static int page_init(struct page *page)
{
    int error = table_sum(page->table, TABLE_LIBRARY, &page->libraries, &page->library_count);
    if (!error)
        error = make_pairs(page);
    if (!error)
        error = make_labels(page);
    if (error)
        return error;
    qsort_r(page->libraries, page->library_count, sizeof(*page->libraries), compare_libraries,
            page->labels);
    measure(page);
    return 0;
}

static void page_deinit(struct page *page)
{
    for (size_t i = 0; page->labels && i < page->table->callers.library_count; i++)
        free(page->labels[i]);
    free(page->labels);
    free(page->libraries);
    free(page->pairs);
}

int text_print(FILE *file, const struct subject *subject)
{
    const struct table *table = subject->table;
    struct page page = { .file = file, .table = table, .width = subject->width };

    if (subject->asked)
        return gridtext_print(file, subject->grid, subject->width);
    int error = page_init(&page);

    if (!error)
        error = print_totals(&page);
    if (!error && table->count) {
        putc('\n', file);
        print_libraries(&page);
        putc('\n', file);
        print_pairs(&page);
    }
    page_deinit(&page);
    return error;
}
