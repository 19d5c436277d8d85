/* surfacehtml.c - what rules of compartments are worth, as a page for a browser: one file, which
 * loads nothing and runs nothing. */
#include <inttypes.h>
#include "compartments/figures.h"
#include "compartments/shapes.h"
#include "compartments/surface.h"
#include "compartments/surfaceformats.h"
#include "report/capability.h"
#include "report/htmlpage.h"
#include "report/htmltext.h"

/* ---- What the boundary takes away ---- */

/* A row of the means (surface.c). */
enum { MEAN_COMPARTMENTS = 2, MEAN_PERCENT = 6, MEAN_START_PERCENT = 9 };

static void print_percent(FILE *file, const struct grid_cell *cell)
{
    if (cell->kind == GRID_UNKNOWN)
        fputs("–", file);
    else
        fprintf(file, "%.1f %%", cell->real);
}

/* Of the means in their order (surface.c), for people. */
static const char *const choices[] = { "every compartment", "those that may face the network",
                                       "those that face the network" };

static void print_tile(FILE *file, const char *choice, const struct grid_cell *row)
{
    fputs("<li><span class=\"number\">", file);
    print_percent(file, &row[MEAN_PERCENT]);
    fprintf(file,
            "</span> <div class=\"what\">%s</div><p>fewer system calls than the process, on "
            "average over %" PRIu64 " compartment%s; ",
            choice, row[MEAN_COMPARTMENTS].number, row[MEAN_COMPARTMENTS].number == 1 ? "" : "s");
    print_percent(file, &row[MEAN_START_PERCENT]);
    fputs(" fewer than its start</p></li>\n", file);
}

/* Of the rows of a figure those of system calls, the first of each choice. */
static int print_tiles(FILE *file, const struct ruleset *ruleset)
{
    struct grid grid;
    int error = surface_grid(ruleset, SURFACE_MEANS, true, &grid);

    if (error)
        return error;
    fputs("<ul class=\"tiles\">\n", file);
    for (size_t i = 0; i < grid.row_count; i += FIGURES)
        print_tile(file, choices[i / FIGURES], grid.rows[i]);
    fputs("</ul>\n", file);
    grid_deinit(&grid);
    return 0;
}

/* ---- Matrices ---- */

static void print_head(FILE *file, const char *text)
{
    fputs("<bdi class=\"name\" title=\"", file);
    htmltext_string(file, text);
    fputs("\">", file);
    htmltext_string(file, text);
    fputs("</bdi>", file);
}

/* The darker, the more of what the process has is left. */
static void print_share(FILE *file, uint64_t number, uint64_t of_process)
{
    enum { SHADES = 7 }; /* style.css */

    if (number)
        fprintf(file, "<td class=\"v%" PRIu64 "\">", (SHADES * number - 1) / of_process + 1);
    else
        fputs("<td class=\"none\">", file);
    fprintf(file, "%" PRIu64 "</td>", number);
}

static void print_matrix(FILE *file, const struct grid *grid)
{
    fputs("<div class=\"matrix\" tabindex=\"0\"><table class=\"heat still\">\n<thead><tr><th "
          "class=\"corner\" scope=\"col\">",
          file);
    fputs(grid->columns[0], file);
    for (size_t i = 1; i < grid->column_count; i++) {
        fputs("</th><th scope=\"col\"><span>", file);
        print_head(file, grid->columns[i]);
        fputs("</span>", file);
    }
    fputs("</th></tr></thead>\n<tbody>\n", file);
    for (size_t row = 0; row < grid->row_count; row++) {
        fputs("<tr><th scope=\"row\">", file);
        print_head(file, grid->rows[row][0].text);
        fputs("</th>", file);
        for (size_t i = 1; i < grid->column_count; i++)
            print_share(file, grid->rows[row][i].number, grid->rows[row][1].number);
        fputs("</tr>\n", file);
    }
    fputs("</tbody></table></div>\n", file);
}

/* ---- What the rows of a matrix are ---- */

static void print_meaning(FILE *file, const char *name, const char *meaning, const char *source)
{
    fputs("<dt>", file);
    htmltext_string(file, name);
    fputs("</dt><dd>", file);
    htmltext_string(file, meaning);
    fputs("<small>", file);
    htmltext_string(file, source);
    fputs("</small></dd>\n", file);
}

static void print_meanings(FILE *file, enum surface_table table)
{
    fputs("<details><summary>What these are</summary><dl class=\"meanings\">\n", file);
    for (size_t i = 0; table == SURFACE_CAPABILITIES && i < capability_count; i++)
        print_meaning(file, capabilities[i].name, capabilities[i].meaning, capabilities[i].source);
    for (size_t i = 0; table == SURFACE_SHAPES && i < shape_count; i++)
        print_meaning(file, shapes[i].name, shapes[i].meaning, shapes[i].source);
    fputs("</dl></details>\n", file);
}

/* ---- The page ---- */

static bool is_matrix(enum surface_table table)
{
    return table != SURFACE_COMPARTMENTS && table != SURFACE_MEANS;
}

static int print_section(FILE *file, const struct ruleset *ruleset, enum surface_table table)
{
    struct grid grid;
    int error = surface_grid(ruleset, table, true, &grid);

    if (error)
        return error;
    fprintf(file, "<section>\n<h2>%s</h2>\n<p class=\"about\">", surface_table_title(table));
    htmltext_string(file, surface_table_definition(table));
    fputs("</p>\n", file);
    if (!is_matrix(table))
        htmltext_grid(file, &grid);
    else if (grid.row_count)
        print_matrix(file, &grid);
    else
        fputs("<p>The process has none.</p>\n", file);
    if (table == SURFACE_CAPABILITIES || table == SURFACE_SHAPES)
        print_meanings(file, table);
    fputs("</section>\n", file);
    grid_deinit(&grid);
    return 0;
}

static void print_top(FILE *file, const struct ruleset *ruleset)
{
    fprintf(file,
            "<h1>What a boundary takes away</h1>\n<p class=\"lead\">%zu compartment%s; the process "
            "asks for %zu system calls. Runtime libraries are %s.</p>\n</div>\n</header>\n<main "
            "id=\"main\" tabindex=\"-1\">\n",
            ruleset->count, ruleset->count == 1 ? "" : "s", ruleset->process->list.count,
            ruleset->compartments->owner == COMPARTMENT_NONE
                ? "neutral: they run in the compartment of their caller"
                : "owned: their calls belong to their compartment, whoever asked");
}

static void print_evidence(FILE *file, const struct ruleset *ruleset)
{
    fputs("<section>\n<details><summary>The runs</summary><div class=\"scroll\" "
          "tabindex=\"0\"><pre>",
          file);
    htmltext_string(file, ruleset->comment);
    fputs("</pre></div></details>\n</section>\n", file);
}

int surfacehtml_print(FILE *file, const struct subject *subject)
{
    const struct ruleset *ruleset = subject->ruleset;
    int error = 0;

    fwrite(surfacepage_before, 1, surfacepage_before_size, file);
    print_top(file, ruleset);
    if (subject->table_of_surface == SURFACE_ALL)
        error = print_tiles(file, ruleset);
    for (int table = 0; table < SURFACE_TABLES && !error; table++)
        if (subject->table_of_surface == SURFACE_ALL || subject->table_of_surface == table)
            error = print_section(file, ruleset, (enum surface_table)table);
    print_evidence(file, ruleset);
    fwrite(surfacepage_behind, 1, surfacepage_behind_size, file);
    return error;
}
