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

const char *difftext_title(enum change_kind kind)
{
    static const char *const titles[CHANGES] = {
        [APPEARED] = "Appeared",
        [ACCEPTED] = "Appeared, and accepted",
        [VANISHED] = "Vanished",
        [CHANGED] = "Changed",
    };
    return titles[kind];
}

const char *difftext_remark(enum change_kind kind)
{
    return kind == VANISHED ? "This may only mean that the new runs did not exercise it."
           : kind == CHANGED
               ? "The calls of one run, on average, by more than the factor asked for."
               : NULL;
}

/* ---- The page ---- */

static int print_grid(FILE *file, const char *title, const char *remark, const struct grid *grid,
                      int width)
{
    fprintf(file, "\n%s", title);
    if (remark)
        fprintf(file, ". %s", remark);
    fputs("\n\n", file);
    return gridtext_print(file, grid, width);
}

static int print_kind(FILE *file, const struct difference *difference, enum change_kind kind,
                      int width)
{
    struct grid grid;

    if (!difference->counts[kind])
        return 0;
    int error = difference_kind_grid(difference, kind, &grid);
    if (error)
        return error;
    error = print_grid(file, difftext_title(kind), difftext_remark(kind), &grid, width);
    grid_deinit(&grid);
    return error;
}

static int print_upgrades(FILE *file, const struct difference *difference, int width)
{
    struct grid grid;

    if (!difference->upgrade_count)
        return 0;
    int error = difference_upgrade_grid(difference, &grid);
    if (error)
        return error;
    error = print_grid(file, "Upgraded libraries", NULL, &grid, width);
    grid_deinit(&grid);
    return error;
}

int difftext_print(FILE *file, const struct subject *subject)
{
    const struct difference *difference = subject->difference;
    int error = 0;

    difftext_summary(file, difference);
    fputs("\nold: ", file);
    difftext_evidence(file, difference, OLD);
    fputs("\nnew: ", file);
    difftext_evidence(file, difference, NEW);
    putc('\n', file);
    for (int kind = 0; kind < CHANGES && !error; kind++)
        error = print_kind(file, difference, (enum change_kind)kind, subject->width);
    return error ? error : print_upgrades(file, difference, subject->width);
}
