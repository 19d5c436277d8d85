/* findings.c - the rows of what was found, what is said of them, and the formats but HTML. */
#include "findings.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/gridtext.h"
#include "report/tablejson.h"

/* ---- Rows ---- */

enum column { LIBRARY, SYSCALL, ABI, NR, CALLS, STUB, FAKE, RESULT, TOGETHER, NOT_WITH, COLUMNS };

static const char *const names[COLUMNS] = {
    "library", "syscall", "abi", "nr", "calls", "stub", "fake", "result", "together", "not_with",
};

static const char *const shares[SHARES] = { "", "stub", "fake", "no", "untried" };

static const struct grid_cell *put_text(struct grid_cell *cell, const char *text)
{
    *cell = (struct grid_cell){ .kind = GRID_TEXT, .text = text ? text : "" };
    return cell;
}

/* "getpgid of libx.so", and behind it "..." if it takes more than the two. NULL: no memory. */
static char *partner_of(const struct probing *probing, const struct pair *pair)
{
    char name[SYSCALL_NAME_MAX], *ret;

    if (pair->partner == PAIR_NONE)
        return strdup("");
    const struct pair *other = &probing->pairs.all[pair->partner];
    if (!syscall_name(other->abi, other->nr, name) ||
        asprintf(&ret, "%s%s%s%s", name, *other->library ? " of " : "", other->library,
                 pair->alone ? "" : ", and more") < 0)
        return NULL;
    return ret;
}

/* `row` has all columns; *texts: where the row's own two go. -ENOMEM. */
static int fill_row(const struct probing *probing, const struct pair *pair,
                    struct grid_cell row[static COLUMNS], char **texts)
{
    char name[SYSCALL_NAME_MAX];

    if (!syscall_name(pair->abi, pair->nr, name) || !(texts[0] = strdup(name)) ||
        !(texts[1] = partner_of(probing, pair)))
        return -ENOMEM;
    put_text(&row[LIBRARY], pair->library);
    put_text(&row[SYSCALL], texts[0]);
    put_text(&row[ABI], abi_name(pair->abi));
    row[NR] = (struct grid_cell){ .kind = GRID_NUMBER, .number = pair->nr };
    row[CALLS] = (struct grid_cell){ .kind = GRID_NUMBER, .number = pair->calls };
    put_text(&row[STUB], answer_name(pair_answer(pair, WAY_STUB)));
    put_text(&row[FAKE], answer_name(pair_answer(pair, WAY_FAKE)));
    put_text(&row[RESULT], pair_class_name(pair_class(pair)));
    put_text(&row[TOGETHER], shares[pair->share]);
    put_text(&row[NOT_WITH], texts[1]);
    return 0;
}

static bool has_abis(const struct probing *probing)
{
    for (size_t i = 0; i < probing->pairs.count; i++)
        if (probing->pairs.all[i].abi != ABI_X86_64)
            return true;
    return false;
}

static bool has_partners(const struct probing *probing)
{
    for (size_t i = 0; i < probing->pairs.count; i++)
        if (probing->pairs.all[i].partner != PAIR_NONE)
            return true;
    return false;
}

static bool is_shown(const struct probing *probing, int only, bool people, enum column column)
{
    if (column == ABI)
        return !people || has_abis(probing);
    if (column == LIBRARY)
        return probing->by_library;
    if (column == RESULT)
        return only < 0;
    if (column == NOT_WITH && people && !has_partners(probing))
        return false;
    if (column == TOGETHER || column == NOT_WITH)
        return probing->together && only != PAIR_REQUIRED && only != PAIR_UNSTABLE;
    return true;
}

size_t findings_count(const struct probing *probing, enum pair_class class)
{
    size_t ret = 0;

    for (size_t i = 0; i < probing->pairs.count; i++)
        ret += pair_class(&probing->pairs.all[i]) == class;
    return ret;
}

static int fill(const struct probing *probing, int only, const enum column *shown,
                struct grid *grid)
{
    struct grid_cell cells[COLUMNS];
    size_t row = 0;

    for (size_t i = 0; i < probing->pairs.count; i++) {
        const struct pair *pair = &probing->pairs.all[i];
        if (only >= 0 && pair_class(pair) != (enum pair_class)only)
            continue;
        if (fill_row(probing, pair, cells, &grid->texts[2 * row]))
            return -ENOMEM;
        for (size_t j = 0; j < grid->column_count; j++)
            grid->rows[row][j] = cells[shown[j]];
        row++;
    }
    return 0;
}

int findings_grid(const struct probing *probing, int only, bool people, struct grid *ret)
{
    enum column shown[COLUMNS];
    size_t count = 0;
    size_t rows = only < 0 ? probing->pairs.count : findings_count(probing, (enum pair_class)only);

    for (int i = 0; i < COLUMNS; i++)
        if (is_shown(probing, only, people, (enum column)i))
            shown[count++] = (enum column)i;
    int error = grid_init(ret, count, rows, 2 * rows);
    if (error)
        return error;
    for (size_t i = 0; i < count; i++)
        ret->columns[i] = names[shown[i]];
    error = fill(probing, only, shown, ret);
    if (error)
        grid_deinit(ret);
    else
        grid_sort(ret);
    return error;
}

/* ---- Words ---- */

void findings_print_classes(FILE *file, const struct probing *probing)
{
    static const char *const words[PAIR_CLASSES] = {
        [PAIR_REQUIRED] = "required",   [PAIR_FAKE] = "can be faked",
        [PAIR_STUB] = "can be stubbed", [PAIR_EITHER] = "can be either",
        [PAIR_UNSTABLE] = "unstable",
    };
    const char *between = ": ";

    fprintf(file, "%zu %s", probing->pairs.count,
            probing->by_library ? "pairs of a library and a system call" : "system calls");
    for (int i = 0; i < PAIR_CLASSES; i++) {
        size_t count = findings_count(probing, (enum pair_class)i);
        if (!count)
            continue;
        fprintf(file, "%s%zu %s", between, count, words[i]);
        between = ", ";
    }
    fputs(".", file);
}

static size_t count_shares(const struct probing *probing, enum share share)
{
    size_t ret = 0;

    for (size_t i = 0; i < probing->pairs.count; i++)
        ret += probing->pairs.all[i].share == share;
    return ret;
}

void findings_print_together(FILE *file, const struct probing *probing)
{
    size_t out = count_shares(probing, SHARE_OUT), untried = count_shares(probing, SHARE_UNTRIED);

    if (!probing->together || !probing->candidates)
        return;
    if (probing->at_once) {
        fprintf(file, "Without all %zu that are not needed it works, too.", probing->candidates);
        return;
    }
    fprintf(file, "Without all %zu that are not needed it fails; without %zu of them it works",
            probing->candidates, probing->candidates - out - untried);
    if (out)
        fprintf(file, "; %zu %s not go with these", out, out == 1 ? "does" : "do");
    if (untried)
        fprintf(file, "; %zu were left when the runs were used up (--together)", untried);
    fputs(".", file);
}

/* ---- Formats ---- */

static int print_grid(FILE *file, const struct subject *subject, bool people, format_print *print)
{
    struct grid grid;
    int error = findings_grid(subject->probing, -1, people, &grid);
    const struct subject rows = { .grid = &grid, .width = subject->width };

    if (error)
        return error;
    error = print(file, &rows);
    grid_deinit(&grid);
    return error;
}

int findingscsv_print(FILE *file, const struct subject *subject)
{
    return print_grid(file, subject, false, csv_print);
}

static int print_sentences(FILE *file, const struct probing *probing)
{
    findings_print_classes(file, probing);
    fputs("\n", file);
    findings_print_together(file, probing);
    fputs(probing->together && probing->candidates ? "\n\n" : "\n", file);
    return 0;
}

static int print_text(FILE *file, const struct subject *rows)
{
    return gridtext_print(file, rows->grid, rows->width);
}

int findingstext_print(FILE *file, const struct subject *subject)
{
    print_sentences(file, subject->probing);
    return print_grid(file, subject, true, print_text);
}

int findingsmarkdown_print(FILE *file, const struct subject *subject)
{
    print_sentences(file, subject->probing);
    return print_grid(file, subject, true, markdown_print);
}

static json_t *escaped(const char *raw)
{
    char *text = escape(raw);
    json_t *ret = text ? json_string(text) : NULL;

    free(text);
    return ret;
}

static json_t *head(const struct probing *probing)
{
    json_t *command = json_array();

    for (char *const *word = probing->command; command && *word; word++)
        json_array_append_new(command, escaped(*word));
    json_t *ret = json_pack("{s:o,s:o*,s:s,s:I,s:f}", "command", command, "test",
                            probing->test ? escaped(probing->test) : NULL, "by",
                            probing->by_library ? "library,syscall" : "syscall", "runs_of_each",
                            (json_int_t)probing->wanted, "limit", probing->limit);
    if (ret && probing->together)
        json_object_set_new(ret, "all_at_once", json_boolean(probing->at_once));
    return ret;
}

static int print_rows(FILE *file, const struct subject *rows)
{
    return tablejson_rows(file, rows->grid);
}

int findingsjson_print(FILE *file, const struct subject *subject)
{
    json_t *about = head(subject->probing);

    if (!about)
        return -ENOMEM;
    fputs("{\n\"format\":\"systrace-lib-probe/1\",\n\"probe\":", file);
    json_dumpf(about, file, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(about);
    fputs(",\n\"rows\":", file);
    int error = print_grid(file, subject, false, print_rows);
    fputs("\n}\n", file);
    return error;
}

/* ---- Loupe's ---- */

/* Loupe's database goes so far; a call without a name is none. */
enum { LOUPE_LAST = 334 };

static uint32_t last_number(void)
{
    char name[SYSCALL_NAME_MAX];
    uint32_t ret = LOUPE_LAST;

    for (uint32_t nr = LOUPE_LAST + 1; nr < 1024; nr++)
        if (syscall_name(ABI_X86_64, nr, name) && syscall_is_named(name))
            ret = nr;
    return ret;
}

/* The class that all pairs with this call allow, each by itself; -1: there is none. */
static int fold(const struct probing *probing, uint32_t nr)
{
    bool used = false, works[WAYS] = { true, true };

    for (size_t i = 0; i < probing->pairs.count; i++) {
        const struct pair *pair = &probing->pairs.all[i];
        if (pair->abi != ABI_X86_64 || pair->nr != nr)
            continue;
        used = true;
        for (int way = 0; way < WAYS; way++)
            works[way] &= pair_answer(pair, (enum way)way) == ANSWER_WORKS;
    }
    if (!used)
        return -1;
    return works[WAY_STUB] && works[WAY_FAKE] ? PAIR_EITHER
           : works[WAY_STUB]                  ? PAIR_STUB
           : works[WAY_FAKE]                  ? PAIR_FAKE
                                              : PAIR_REQUIRED;
}

/* dyn.csv of its database (unikraft/loupe, doc/DATABASE_FORMAT.md); as its src/explore.py writes
 * it, the last three exclude each other. */
int findingsloupe_print(FILE *file, const struct subject *subject)
{
    uint32_t last = last_number();

    fputs("# syscall, used, works faked, works stubbed, works both\n", file);
    for (uint32_t nr = 0; nr <= last; nr++) {
        int class = fold(subject->probing, nr);
        fprintf(file, "%" PRIu32 ",%c,%c,%c,%c\n", nr, class < 0 ? 'N' : 'Y',
                class == PAIR_FAKE ? 'Y' : 'N', class == PAIR_STUB ? 'Y' : 'N',
                class == PAIR_EITHER ? 'Y' : 'N');
    }
    return 0;
}

/* None needs a run: what they print was computed before (FORMAT_NEEDS_RUN is the least). */
const struct format findings_formats[] = {
    { findingscsv_print, "csv", ".csv", FORMAT_NEEDS_RUN, false, "a row for each pair", NULL },
    { findingsjson_print, "json", ".json", FORMAT_NEEDS_RUN, false, "the same, and what was run",
      NULL },
    { findingstext_print, "text", ".txt", FORMAT_NEEDS_RUN, false, "for people", NULL },
    { findingsmarkdown_print, "markdown", ".md", FORMAT_NEEDS_RUN, false, "the same, in Markdown",
      NULL },
    { findingshtml_print, "html", ".html", FORMAT_NEEDS_RUN, false, "a page for a browser", NULL },
    { findingsloupe_print, "loupe", ".dyn.csv", FORMAT_NEEDS_RUN, false,
      "as Loupe's database has it: by number of x86-64", NULL },
    { 0 },
};
