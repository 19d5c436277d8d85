/* difftext.c - what differs, for people: a line that says all, then what appeared, what vanished,
 * what changed, and which libraries are other files now. */
#include "difftext.h"

#include <inttypes.h>
#include <string.h>
#include "report/diffformats.h"
#include "report/gridtext.h"

/* ---- Sentences ---- */

/* A group of calls is a pair if it is of two keys, as usual. */
static const char *unit_of(const struct difference *difference, size_t count)
{
    bool pair = difference->key_count == 2;
    return count == 1 ? (pair ? "pair" : "group") : pair ? "pairs" : "groups";
}

static void print_further(FILE *file, size_t count, const char *what)
{
    if (count)
        fprintf(file, ", %zu %s", count, what);
}

void difftext_summary(FILE *file, const struct difference *difference)
{
    size_t appeared = difference->counts[APPEARED], upgraded = difference->upgrade_count;

    if (appeared)
        fprintf(file, "%zu new %s", appeared, unit_of(difference, appeared));
    else
        fputs("nothing new", file);
    print_further(file, difference->counts[ACCEPTED], "accepted");
    print_further(file, difference->counts[VANISHED], "vanished");
    print_further(file, difference->counts[CHANGED], "changed");
    print_further(file, upgraded, upgraded == 1 ? "library upgraded" : "libraries upgraded");
}

void difftext_evidence(FILE *file, const struct difference *difference, enum side side)
{
    const struct evidence *evidence = &difference->evidence[side];

    fprintf(file, "%zu run%s, %" PRIu64 " call%s", evidence->runs, evidence->runs == 1 ? "" : "s",
            evidence->calls, evidence->calls == 1 ? "" : "s");
    if (evidence->incomplete)
        fprintf(file, ", %" PRIu64 " of these with an incomplete stack", evidence->incomplete);
    print_further(file, evidence->cut_short,
                  evidence->cut_short == 1 ? "run was cut short" : "runs were cut short");
}

static const char *title_of(enum change_kind kind)
{
    static const char *const titles[CHANGES] = {
        [APPEARED] = "Appeared",
        [ACCEPTED] = "Appeared, and accepted",
        [VANISHED] = "Vanished",
        [CHANGED] = "Changed",
    };
    return titles[kind];
}

static const char *remark_of(enum change_kind kind)
{
    return kind == VANISHED ? "This may only mean that the new runs did not exercise it."
           : kind == CHANGED
               ? "The calls of one run, on average, by more than the factor asked for."
               : NULL;
}

/* ---- Sections ---- */

static int print_kind(FILE *file, const struct subject *subject, enum change_kind kind,
                      difftext_section *print)
{
    struct grid grid;

    if (!subject->difference->counts[kind])
        return 0;
    int error = difference_kind_grid(subject->difference, kind, &grid);
    if (error)
        return error;
    error = print(file, title_of(kind), remark_of(kind), &grid, kind == APPEARED, subject->width);
    grid_deinit(&grid);
    return error;
}

static int print_upgrades(FILE *file, const struct subject *subject, difftext_section *print)
{
    struct grid grid;

    if (!subject->difference->upgrade_count)
        return 0;
    int error = difference_upgrade_grid(subject->difference, &grid);
    if (error)
        return error;
    error = print(file, "Upgraded libraries", NULL, &grid, false, subject->width);
    grid_deinit(&grid);
    return error;
}

int difftext_sections(FILE *file, const struct subject *subject, difftext_section *print)
{
    int error = 0;

    for (int kind = 0; kind < CHANGES && !error; kind++)
        error = print_kind(file, subject, (enum change_kind)kind, print);
    return error ? error : print_upgrades(file, subject, print);
}

/* ---- The page ---- */

static int print_section(FILE *file, const char *title, const char *remark, const struct grid *grid,
                         bool new, int width)
{
    (void)new;
    fprintf(file, "\n%s", title);
    if (remark)
        fprintf(file, ". %s", remark);
    fputs("\n\n", file);
    return gridtext_print(file, grid, width);
}

int difftext_print(FILE *file, const struct subject *subject)
{
    const struct difference *difference = subject->difference;

    difftext_summary(file, difference);
    fputs("\nold: ", file);
    difftext_evidence(file, difference, OLD);
    fputs("\nnew: ", file);
    difftext_evidence(file, difference, NEW);
    putc('\n', file);
    return difftext_sections(file, subject, print_section);
}
