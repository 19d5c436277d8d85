/* dot.c - who calls whom (graph.h) in Graphviz's language; and the picture that Graphviz makes of
 * it, as SVG. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/child.h"
#include "report/format.h"
#include "report/graph.h"
#include "report/label.h"

/* Of a name so many characters are shown; all are in the tooltip. */
enum { NAME_SHOWN = 48 };

struct page {
    FILE *file;
    const struct table *table;
    struct graph graph;
    const char **modules; /* what to call them */
    uint64_t *calls;      /* by library: that it asked for; by class, behind these */
    bool *used;           /* likewise */
    uint64_t total;
};

/* ---- Texts ---- */

static bool begins_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/*
 * A part of an escaped text (which has no line feed) within quotes, as a string that stands for
 * itself in labels and tooltips: there a backslash begins an escape, and "&" an entity of HTML
 * (Graphviz, "escString"). Of it at most so many characters.
 */
static void print_text(FILE *file, const char *text, size_t most)
{
    for (; *text; text++) {
        if (begins_character(*text) && !most--) {
            fputs("…", file);
            return;
        }
        if (*text == '&')
            fputs("&amp;", file);
        else if (*text == '\\' || *text == '"')
            fprintf(file, "\\%c", *text);
        else
            putc(*text, file);
    }
}

static char *name_library(const struct page *page, uint32_t library)
{
    const struct caller_library *l = &page->table->callers.libraries[library];

    return label_library(page->modules[l->module], "", l->component);
}

/* ---- Nodes and edges ---- */

/* All colours are given, for a picture may be shown on any. */
static const char head[] =
    "digraph libraries {\n"
    "    graph [bgcolor=\"#ffffff\", rankdir=TB, nodesep=0.3, ranksep=0.6, "
    "fontname=\"sans-serif\",\n"
    "        fontsize=11, fontcolor=\"#57606a\", labelloc=b];\n"
    "    node [shape=box, style=\"rounded,filled\", fillcolor=\"#ddf4ff\", color=\"#0969da\",\n"
    "        fontcolor=\"#1f2328\", fontname=\"sans-serif\", fontsize=12, margin=\"0.15,0.06\"];\n"
    "    edge [color=\"#57606a\", fontcolor=\"#1f2328\", fontname=\"sans-serif\", fontsize=10,\n"
    "        arrowsize=0.7];\n";

static void print_calls(FILE *file, uint64_t calls)
{
    fprintf(file, "%" PRIu64 " call%s", calls, calls == 1 ? "" : "s");
}

static void print_node(const struct page *page, char kind, size_t number, const char *name,
                       uint64_t calls, const char *more)
{
    fprintf(page->file, "    %c%zu [label=\"", kind, number);
    print_text(page->file, name, NAME_SHOWN);
    fprintf(page->file, "\\n%" PRIu64 "\", tooltip=\"", calls);
    print_text(page->file, name, SIZE_MAX);
    fputs(": ", page->file);
    print_calls(page->file, calls);
    fprintf(page->file, "\"%s];\n", more);
}

static int print_library(const struct page *page, uint32_t library)
{
    char *name = name_library(page, library);

    if (!name)
        return -ENOMEM;
    print_node(page, 'l', library, name, page->calls[library], "");
    free(name);
    return 0;
}

static void print_class(const struct page *page, size_t class)
{
    print_node(page, 'c', class, page->graph.classes.texts[class],
               page->calls[page->table->callers.library_count + class],
               ", shape=ellipse, style=filled, fillcolor=\"#fff8c5\", color=\"#9a6700\"");
}

/* The pen is as wide as the calls are many: 1 to 6 points, in steps of magnitudes. */
static void print_edge(const struct page *page, const struct graph_edge *edge, char to)
{
    double width = 1 + 5 * log2(1 + (double)edge->calls) / log2(1 + (double)page->total);

    fprintf(page->file,
            "    l%" PRIu32 " -> %c%" PRIu32 " [label=\"%" PRIu64 "\", penwidth=%.2f, tooltip=\"",
            edge->from, to, edge->to, edge->calls, width);
    print_calls(page->file, edge->calls);
    fputs("\"];\n", page->file);
}

/* Those that are called by none are first, classes last. */
static int print_nodes(const struct page *page)
{
    size_t libraries = page->table->callers.library_count;
    int error = 0;

    for (uint32_t i = 0; i < libraries && !error; i++)
        if (page->used[i])
            error = print_library(page, i);
    fputs("    { rank=sink;\n", page->file);
    for (size_t i = 0; i < page->graph.classes.count; i++)
        if (page->used[libraries + i])
            print_class(page, i);
    fputs("    }\n", page->file);
    return error;
}

static int print_page(const struct page *page)
{
    fputs(head, page->file);
    fprintf(page->file,
            "    label=\"who calls whom, down to classes of system calls: %" PRIu64
            " system call%s\";\n",
            page->total, page->total == 1 ? "" : "s");
    int error = print_nodes(page);
    for (size_t i = 0; i < page->graph.edge_count; i++)
        print_edge(page, &page->graph.edges[i], 'l');
    for (size_t i = 0; i < page->graph.use_count; i++)
        print_edge(page, &page->graph.uses[i], 'c');
    fputs("}\n", page->file);
    return error;
}

/* ---- The whole ---- */

static void mark_used(struct page *page)
{
    size_t libraries = page->table->callers.library_count;

    for (size_t i = 0; i < page->graph.edge_count; i++)
        page->used[page->graph.edges[i].from] = page->used[page->graph.edges[i].to] = true;
    for (size_t i = 0; i < page->graph.use_count; i++) {
        const struct graph_edge *use = &page->graph.uses[i];
        page->used[use->from] = page->used[libraries + use->to] = true;
        page->calls[use->from] += use->calls;
        page->calls[libraries + use->to] += use->calls;
        page->total += use->calls;
    }
}

int dot_print(FILE *file, const struct subject *subject)
{
    struct page page = { .file = file, .table = subject->table };
    int error = graph_init(&page.graph, page.table);

    if (error)
        return error;
    size_t count = page.table->callers.library_count + page.graph.classes.count;
    page.modules = label_modules(subject->run);
    page.calls = calloc(count, sizeof(*page.calls));
    page.used = calloc(count, sizeof(*page.used));
    if (page.modules && page.calls && page.used) {
        mark_used(&page);
        error = print_page(&page);
    } else {
        error = -ENOMEM;
    }
    free(page.modules);
    free(page.calls);
    free(page.used);
    graph_deinit(&page.graph);
    return error;
}

/* By the program, not by its library libgvc: that would load Pango, Cairo and others into every
 * tracer. */
int svg_print(FILE *file, const struct subject *subject)
{
    static char *const command[] = { "dot", "-Tsvg", NULL };
    FILE *dot = child_file();

    if (!dot)
        return -errno;
    int error = dot_print(dot, subject);
    if (!error && (fflush(dot) || ferror(dot)))
        error = -EIO;
    if (!error)
        error = child_filter(command, dot, file);
    fclose(dot);
    return error;
}
