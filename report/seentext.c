/* seentext.c - what runs have shown, for people: what that lets one expect, the estimates of each
 * library, then the workloads. */
#include "seentext.h"

#include <inttypes.h>
#include "report/gridtext.h"
#include "report/sampling.h"
#include "report/seenformats.h"

const char seentext_limit[] = "This is about more runs of these workloads: what none of them can "
                              "lead to,\nno estimate sees.";

/* ---- Sentences ---- */

static const char *unit_of(const struct seen *seen)
{
    return seen->unit == SEEN_BY_WORKLOAD ? "workload" : "run";
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_seen(FILE *file, const struct seen *seen, const char *before)
{
    const struct richness *r = &seen->all.richness;

    fprintf(file, "%s%zu pair%s of %zu %s in %zu run%s of %zu workload%s", before, seen->pair_count,
            plural(seen->pair_count), seen->library_count,
            seen->library_count == 1 ? "library" : "libraries", seen->run_count,
            plural(seen->run_count), seen->workload_count, plural(seen->workload_count));
    if (seen->cut_short)
        fprintf(file, " (%zu cut short)", seen->cut_short);
    fprintf(file, ";\n%s%" PRIu64 " of these in one %s alone, %" PRIu64 " in two\n", before,
            r->once, unit_of(seen), r->twice);
}

static void print_estimate(FILE *file, const struct seen *seen, const char *before)
{
    const struct richness *r = &seen->all.richness;

    fprintf(file,
            "%sabout %.0f pairs in all (95 %% confidence: %.0f to %.0f)\n"
            "%ssample coverage %.1f %%; the next %s shows a new pair with a chance of %.0f %%\n",
            before, r->all, r->wide_low, r->wide_high, before, 100 * r->coverage, unit_of(seen),
            100 * seen->all.chance);
    fprintf(file,
            "%smore %ss to show 95 %% of them: %" PRIu64 ", 99 %%: %" PRIu64 ", 99.9 %%: %" PRIu64
            "\n",
            before, unit_of(seen), richness_more(r, 0.95), richness_more(r, 0.99),
            richness_more(r, 0.999));
}

/* Does an estimate rest on few samples? */
static bool has_few(const struct seen *seen)
{
    bool ret = seen->all.richness.samples < SAMPLING_FEW;

    for (size_t i = 0; i < seen->library_count; i++)
        ret |= seen->libraries[i].set.richness.samples < SAMPLING_FEW;
    return ret;
}

void seentext_summary(FILE *file, const struct seen *seen, const char *before)
{
    const struct richness *r = &seen->all.richness;

    print_seen(file, seen, before);
    if (r->known)
        print_estimate(file, seen, before);
    if (r->samples < 2)
        fprintf(file, "%show many there are besides, one %s cannot tell\n", before, unit_of(seen));
    else if (has_few(seen))
        fprintf(file, "%sestimates by fewer than %d %ss say little\n", before, SAMPLING_FEW,
                unit_of(seen));
}

/* ---- Sections ---- */

static const char *title_of(enum seen_table table)
{
    static const char *const titles[SEEN_TABLES] = {
        [SEEN_ESTIMATES] = "Pairs by library; how many more samples show 95 and 99 % of them",
        [SEEN_CURVE] = "Pairs expected by samples",
        [SEEN_WORKLOADS] = "Workloads, and what they alone show",
        [SEEN_ONLY] = "Pairs of one workload alone",
        [SEEN_LIBRARIES] = "Libraries of one workload alone",
        [SEEN_COVER] = "Few workloads with all pairs",
    };
    return titles[table];
}

static int print_one(FILE *file, const struct subject *subject, enum seen_table table,
                     seentext_section *print)
{
    struct grid grid;
    int error = seen_short_grid(subject->seen, table, &grid);

    if (error)
        return error;
    if (grid.row_count || subject->table_of_seen == table)
        error = print(file, title_of(table), &grid, subject->width);
    grid_deinit(&grid);
    return error;
}

int seentext_sections(FILE *file, const struct subject *subject, seentext_section *print)
{
    static const enum seen_table of_workloads[] = { SEEN_WORKLOADS, SEEN_COVER, SEEN_LIBRARIES };
    enum { COUNT = sizeof(of_workloads) / sizeof(*of_workloads) };

    if (subject->table_of_seen != SEEN_ALL)
        return print_one(file, subject, subject->table_of_seen, print);
    int error = print_one(file, subject, SEEN_ESTIMATES, print);
    for (size_t i = 0; i < COUNT && subject->seen->workload_count > 1 && !error; i++)
        error = print_one(file, subject, of_workloads[i], print);
    return error;
}

/* ---- The page ---- */

static int print_section(FILE *file, const char *title, const struct grid *grid, int width)
{
    fprintf(file, "\n%s\n\n", title);
    return gridtext_print(file, grid, width);
}

static int print_grid(FILE *file, const char *title, const struct grid *grid, int width)
{
    (void)title;
    return gridtext_print(file, grid, width);
}

int seentext_print(FILE *file, const struct subject *subject)
{
    if (subject->table_of_seen != SEEN_ALL)
        return seentext_sections(file, subject, print_grid);
    seentext_summary(file, subject->seen, "");
    int error = seentext_sections(file, subject, print_section);
    fprintf(file, "\n%s\n", seentext_limit);
    return error;
}
