/* evidence.c - what a statement about a part of a run rests on. */
#include "evidence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"

/* ---- Counting ---- */

int evidence_tally(const struct run *run, const struct callers *callers, struct tally *ret)
{
    bool *seen = calloc(run->stacks.count + 1, sizeof(*seen));
    struct tally tally = { 0 };

    if (!seen)
        return -ENOMEM;
    for (size_t i = 0; i < run->count_count; i++) {
        const struct count *count = &run->counts[i];
        const struct verdict *verdict = &callers_known(callers, count->stack)->verdict;
        bool unknown = verdict->caller == ATTRIBUTE_NONE;
        bool incomplete = run->stacks.stacks[count->stack].end != STACK_COMPLETE;
        tally.calls += count->calls;
        tally.stacks += count->calls && !seen[count->stack];
        seen[count->stack] |= count->calls != 0;
        tally.inexact += verdict->inexact ? count->calls : 0;
        tally.unknown += unknown ? count->calls : 0;
        tally.incomplete += incomplete ? count->calls : 0;
        tally.doubtful += verdict->inexact || unknown || incomplete ? count->calls : 0;
    }
    free(seen);
    *ret = tally;
    return 0;
}

static bool is_of_stack(const struct filter *filter)
{
    return filter->key == FILTER_UNDER || keys_all[filter->key].domain == KEY_OF_LIBRARY ||
           keys_all[filter->key].domain == KEY_OF_STACK;
}

void evidence_note(struct evidence *evidence, const struct run *run, const struct query *query)
{
    evidence->selects = query->filter_count > 0;
    for (size_t i = 0; i < query->filter_count; i++)
        evidence->by_library |= is_of_stack(&query->filters[i]);
    for (size_t i = 0; i < run->execution_count; i++) {
        const struct execution *execution = &run->executions[i];
        evidence->paused = run_sum(evidence->paused, execution->paused);
        if (execution->vsyscall != COUNT_UNKNOWN)
            evidence->vsyscall = run_sum(evidence->vsyscall, execution->vsyscall);
    }
}

void evidence_warn(const struct evidence *evidence, char *ret, size_t size)
{
    uint64_t selected = evidence->selected.doubtful, rest = evidence->all.doubtful - selected;

    *ret = '\0';
    if (evidence->by_library && (selected || rest))
        snprintf(ret, size,
                 "who asked is inexact or unknown for %" PRIu64
                 " of the selected calls and %" PRIu64
                 " of the others: some may be in the selection or not by mistake",
                 selected, rest);
}

/* ---- Texts ---- */

enum { NAME_MAX_SHOWN = 200, WORDS_SHOWN = 16 };

/* In a comment no name is long, and none turns the text around it (U+202E): only ASCII is itself.
 */
static void print_escaped(FILE *file, const char *raw)
{
    char *shown = escape(raw);
    size_t left = NAME_MAX_SHOWN;

    for (const char *c = shown ? shown : "?"; *c && left; c++, left--) {
        if ((unsigned char)*c < 0x80)
            putc(*c, file);
        else
            fprintf(file, "\\x%02x", (unsigned char)*c);
    }
    fputs(left ? "" : "...", file);
    free(shown);
}

/* In single quotes, so that no line ends in a character that means something to a reader. */
static void print_quoted(FILE *file, const char *raw)
{
    putc('\'', file);
    print_escaped(file, raw);
    putc('\'', file);
}

static void print_globs(FILE *file, char **globs)
{
    for (char **glob = globs; *glob; glob++) {
        fputs(glob != globs ? "," : "", file);
        print_escaped(file, *glob);
    }
    putc('\'', file);
}

static void print_filter(FILE *file, const struct filter *filter)
{
    if (filter->key == FILTER_UNDER)
        fprintf(file, " --%sunder='", filter->negated ? "not-" : "");
    else
        fprintf(file, " --where='%s%s", keys_all[filter->key].name, filter->negated ? "!=" : "=");
    if (filter->library) {
        print_escaped(file, filter->library);
        putc(':', file);
    }
    print_globs(file, filter->globs);
}

static void print_selection(FILE *file, const struct query *query)
{
    fputs("Selection:", file);
    for (size_t i = 0; i < query->groups.count; i++) {
        fputs(" --group='", file);
        print_escaped(file, query->groups.groups[i].name);
        putc('=', file);
        print_globs(file, query->groups.groups[i].globs);
    }
    for (size_t i = 0; i < query->filter_count; i++)
        print_filter(file, &query->filters[i]);
    fputs(query->filter_count ? "\n" : " all calls.\n", file);
}

static void print_execution(FILE *file, const struct execution *execution)
{
    fprintf(file, "  %s:", execution->id);
    int left = WORDS_SHOWN;
    for (char **word = execution->command; word && *word && left--; word++) {
        putc(' ', file);
        print_quoted(file, *word);
    }
    for (size_t i = 0; i < execution->attach_count; i++)
        fprintf(file, " process %" PRId64, execution->attach[i]);
    fputs(execution->cut_short ? ", cut short\n" : "\n", file);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Each name once. */
static int print_programs(FILE *file, const struct run *run)
{
    char **names = calloc(run->program_count + 1, sizeof(*names));

    if (!names)
        return -ENOMEM;
    for (size_t i = 0; i < run->program_count; i++)
        names[i] = run->programs[i].name;
    qsort(names, run->program_count, sizeof(*names), compare_texts);
    fputs("Programs in them:", file);
    for (size_t i = 0; i < run->program_count; i++) {
        if (i && !strcmp(names[i], names[i - 1]))
            continue;
        fputs(i ? ", " : " ", file);
        print_quoted(file, names[i]);
    }
    fputs(".\n", file);
    free(names);
    return 0;
}

static void print_share(FILE *file, const char *what, uint64_t part, uint64_t all)
{
    fprintf(file, "  %s: %" PRIu64 " (%.1f %%)\n", what, part,
            all ? 100.0 * (double)part / (double)all : 0.0);
}

static void print_tally(FILE *file, const struct tally *tally)
{
    print_share(file, "by a caller that is inexact", tally->inexact, tally->calls);
    print_share(file, "by [unknown]", tally->unknown, tally->calls);
    print_share(file, "on an incomplete stack", tally->incomplete, tally->calls);
}

/* What the selection left out. */
static struct tally rest_of(const struct evidence *evidence)
{
    const struct tally *all = &evidence->all, *selected = &evidence->selected;

    return (struct tally){ .calls = all->calls - selected->calls,
                           .inexact = all->inexact - selected->inexact,
                           .unknown = all->unknown - selected->unknown,
                           .incomplete = all->incomplete - selected->incomplete };
}

int evidence_print(FILE *file, const struct evidence *evidence, const struct run *run,
                   const struct query *query)
{
    const struct tally rest = rest_of(evidence);

    fprintf(file, "Runs: %zu\n", run->execution_count);
    for (size_t i = 0; i < run->execution_count; i++)
        print_execution(file, &run->executions[i]);
    if (print_programs(file, run))
        return -ENOMEM;
    print_selection(file, query);
    fprintf(file, "Calls: %" PRIu64 " on %" PRIu64 " stacks, of which\n", evidence->selected.calls,
            evidence->selected.stacks);
    print_tally(file, &evidence->selected);
    if (evidence->selects) {
        fprintf(file, "Calls that are not selected: %" PRIu64 ", of which\n", rest.calls);
        print_tally(file, &rest);
    }
    if (evidence->paused)
        fprintf(file, "Calls in pauses, of which nothing is known: %" PRIu64 "\n",
                evidence->paused);
    if (evidence->vsyscall)
        fprintf(file,
                "Calls of the vsyscall page, which the kernel filters too: %" PRIu64
                " of time, gettimeofday or getcpu\n",
                evidence->vsyscall);
    return 0;
}
