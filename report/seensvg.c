/* seensvg.c - the curve of all pairs as a picture: what fewer runs show, what more are expected to,
 * and where that is to end. */
#include <inttypes.h>
#include <math.h>
#include "report/seen.h"
#include "report/seenformats.h"

/* In pixels: the picture, and the field of the curve in it. */
enum { WIDTH = 720, HEIGHT = 420, LEFT = 70, TOP = 50, RIGHT = 690, BOTTOM = 360, TICKS = 5 };

struct picture {
    FILE *file;
    const struct seen *seen;
    double most_samples, most_pairs; /* that the field has room for */
};

static const char head[] =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
    "role=\"img\">\n"
    "<title>Pairs of library and system call by %ss</title>\n"
    "<style>\n"
    "svg { color: #222; font: 13px sans-serif }\n"
    "text { fill: currentColor } .axis { stroke: currentColor; fill: none }\n"
    ".paper { fill: #fff } .grid { stroke: #8884; fill: none } .band { fill: #d55e0026 } .all { "
    "stroke: #d55e00 }\n"
    ".seen { stroke: #0072b2; stroke-width: 2; fill: none } .dot { fill: #0072b2 }\n"
    ".more { stroke-dasharray: 6 5 }\n"
    "@media (prefers-color-scheme: dark) { svg { color: #ddd } .paper { fill: #1b1b1b }\n"
    ".seen { stroke: #56b4e9 } .dot { fill: #56b4e9 } .all { stroke: #e69f00 } }\n"
    "</style>\n"
    "<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n";

static double x_of(const struct picture *picture, double samples)
{
    return LEFT + samples / picture->most_samples * (RIGHT - LEFT);
}

static double y_of(const struct picture *picture, double pairs)
{
    return BOTTOM - pairs / picture->most_pairs * (BOTTOM - TOP);
}

/* The least of 1, 2, 5, 10, 20 ... of which not more than TICKS are needed. */
static double step_of(double most)
{
    double ten = pow(10, floor(log10(most / TICKS)));
    double step = ten;

    for (int i = 0; step * TICKS < most; i++)
        step = ten * (i == 0 ? 2 : i == 1 ? 5 : 10);
    return fmax(step, 1);
}

static void print_ticks(const struct picture *picture)
{
    for (double at = 0, step = step_of(picture->most_pairs); at <= picture->most_pairs; at += step)
        fprintf(picture->file,
                "<path class=\"grid\" d=\"M%d %.1fH%d\"/>"
                "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>\n",
                LEFT, y_of(picture, at), RIGHT, LEFT - 8, y_of(picture, at) + 4, at);
    for (double at = 0, step = step_of(picture->most_samples); at <= picture->most_samples;
         at += step)
        fprintf(picture->file, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>\n",
                x_of(picture, at), BOTTOM + 20, at);
    fprintf(picture->file, "<path class=\"axis\" d=\"M%d %dV%dH%d\"/>\n", LEFT, TOP, BOTTOM, RIGHT);
}

/* The curve from one point to another, both included. */
static void print_curve(const struct picture *picture, const char *class, size_t first, size_t last)
{
    const struct seen_set *all = &picture->seen->all;

    fprintf(picture->file, "<path class=\"%s\" d=\"", class);
    for (size_t i = first; i <= last; i++)
        fprintf(picture->file, "%c%.1f %.1f", i == first ? 'M' : 'L',
                x_of(picture, (double)all->points[i]), y_of(picture, all->curve[i]));
    fputs("\"/>\n", picture->file);
}

static void print_curves(const struct picture *picture)
{
    const struct seen_set *all = &picture->seen->all;
    const struct richness *r = &all->richness;
    size_t observed = 0;

    while (all->points[observed] < r->samples)
        observed++;
    print_curve(picture, "seen", 0, observed);
    print_curve(picture, "seen more", observed, all->point_count - 1);
    fprintf(picture->file, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>\n",
            x_of(picture, (double)r->samples), y_of(picture, (double)r->seen));
}

/* What is estimated in all, with its interval, as far as that is in the field. */
static void print_estimate(const struct picture *picture)
{
    const struct richness *r = &picture->seen->all.richness;
    double high = fmin(r->wide_high, picture->most_pairs);

    fprintf(picture->file,
            "<rect class=\"band\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>\n", LEFT,
            y_of(picture, high), RIGHT - LEFT, y_of(picture, r->wide_low) - y_of(picture, high));
    fprintf(picture->file, "<path class=\"all more\" d=\"M%d %.1fH%d\"/>\n", LEFT,
            y_of(picture, r->all), RIGHT);
}

static void print_words(const struct picture *picture)
{
    const struct seen *seen = picture->seen;
    const struct richness *r = &seen->all.richness;
    const char *unit = seen->unit == SEEN_BY_WORKLOAD ? "workload" : "run";

    fprintf(picture->file,
            "<text x=\"%d\" y=\"24\">%" PRIu64 " pairs of library and system call seen in %" PRIu64
            " %s%s",
            LEFT, r->seen, r->samples, unit, r->samples == 1 ? "" : "s");
    if (r->known)
        fprintf(picture->file, "; about %.0f in all (95 %%: %.0f to %.0f)", r->all, r->wide_low,
                r->wide_high);
    fprintf(picture->file, "</text>\n<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%ss</text>\n",
            (LEFT + RIGHT) / 2, BOTTOM + 44, unit);
}

int seensvg_print(FILE *file, const struct subject *subject)
{
    const struct richness *r = &subject->seen->all.richness;
    struct picture picture = {
        .file = file,
        .seen = subject->seen,
        .most_samples = (double)(r->samples > 1 ? 2 * r->samples : 1),
        /* an interval that is much wider would leave no room for the curve */
        .most_pairs = fmax(1.05 * fmax(fmin(r->wide_high, 1.5 * r->all), (double)r->seen), 1),
    };

    fprintf(file, head, WIDTH, HEIGHT, WIDTH, HEIGHT,
            subject->seen->unit == SEEN_BY_WORKLOAD ? "workload" : "run");
    print_ticks(&picture);
    if (r->known)
        print_estimate(&picture);
    print_curves(&picture);
    print_words(&picture);
    fputs("</svg>\n", file);
    return 0;
}
