/* findingshtml.c - what was found, as a page for a browser: one file, which loads nothing and runs
 * nothing. */
#include "findings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include "record/escape.h"
#include "report/htmlpage.h"
#include "report/htmltext.h"

static const struct {
    const char *title, *about;
} sections[PAIR_CLASSES] = {
    [PAIR_REQUIRED] = { "Required", "It works neither if the call fails with ENOSYS, nor if it "
                                    "does nothing and returns 0." },
    [PAIR_FAKE] = { "Can be faked", "It works if the call does nothing and returns 0, and not if "
                                    "it fails." },
    [PAIR_STUB] = { "Can be stubbed", "It works if the call fails with ENOSYS, and not if it "
                                      "returns 0." },
    [PAIR_EITHER] = { "Either", "It works both ways." },
    [PAIR_UNSTABLE] = { "Unstable", "One run said this, another that; or no run made the call that "
                                    "the first one made." },
};

static int print_command(FILE *file, char *const *words)
{
    for (; *words; words++) {
        char *text = escape(*words);
        if (!text)
            return -ENOMEM;
        htmltext_name(file, text);
        fputs(words[1] ? " " : "", file);
        free(text);
    }
    return 0;
}

static int print_head(FILE *file, const struct probing *probing)
{
    char *test = probing->test ? escape(probing->test) : NULL;

    fprintf(file, "<h1>%zu of %zu %s are required</h1>\n<p class=\"lead\"><code>",
            findings_count(probing, PAIR_REQUIRED), probing->pairs.count,
            probing->by_library ? "pairs of a library and a system call" : "system calls");
    int error = print_command(file, probing->command);
    fputs("</code></p>\n", file);
    if (test) {
        fputs("<p class=\"lead\">It works if this succeeds: <code>", file);
        htmltext_name(file, test);
        fputs("</code></p>\n", file);
    }
    fprintf(
        file,
        "</div>\n</header>\n<main id=\"main\" tabindex=\"-1\">\n<section>\n<ul class=\"tiles\">\n");
    free(test);
    return error;
}

static void print_tiles(FILE *file, const struct probing *probing)
{
    for (int i = 0; i < PAIR_CLASSES; i++) {
        size_t count = findings_count(probing, (enum pair_class)i);
        if (count || i != PAIR_UNSTABLE)
            fprintf(file,
                    "<li><span class=\"number\">%zu</span> <span class=\"what\">%s</span>"
                    "<p>%s</p></li>\n",
                    count, sections[i].title, sections[i].about);
    }
    fputs("</ul>\n<p class=\"about\">", file);
    findings_print_together(file, probing);
    fprintf(file,
            " Each was tried %" PRIu32 " %s each way; a run might take %.1f s.</p>\n</section>\n",
            probing->wanted, probing->wanted == 1 ? "time" : "times", probing->limit);
}

static int print_section(FILE *file, const struct probing *probing, enum pair_class class)
{
    struct grid grid;
    size_t count = findings_count(probing, class);
    int error = count ? findings_grid(probing, (int)class, true, &grid) : 0;

    if (!count || error)
        return error;
    fprintf(file, "<section>\n<h2>%s (%zu)</h2>\n", sections[class].title, count);
    htmltext_grid(file, &grid);
    fputs("</section>\n", file);
    grid_deinit(&grid);
    return 0;
}

int findingshtml_print(FILE *file, const struct subject *subject)
{
    const struct probing *probing = subject->probing;
    int error;

    fwrite(probepage_before, 1, probepage_before_size, file);
    error = print_head(file, probing);
    print_tiles(file, probing);
    for (int i = 0; i < PAIR_CLASSES && !error; i++)
        error = print_section(file, probing, (enum pair_class)i);
    fwrite(probepage_behind, 1, probepage_behind_size, file);
    return error;
}
