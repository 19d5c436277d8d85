/* rulesetyaml.c - rules as the file that --policy reads (docs/compartments.md): what they rest on
 * is in its comments. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "compartments/ruleset.h"
#include "compartments/rulesetformats.h"
#include "report/rules.h"
#include "report/sampling.h"

enum { LINE_WIDTH = 100 };

/* ---- Texts ---- */

/* The character of valid UTF-8 at `text`, and where the next one is. */
static uint32_t decode(const unsigned char **text)
{
    const unsigned char *c = *text;
    int length = *c < 0x80 ? 0 : *c < 0xe0 ? 1 : *c < 0xf0 ? 2 : 3;
    uint32_t code = length ? *c & (0x3fu >> length) : *c;

    for (int i = 1; i <= length; i++)
        code = code << 6 | (c[i] & 0x3f);
    *text = c + 1 + length;
    return code;
}

/* In double quotes, of ASCII only: to YAML some other characters are ends of lines. */
static void print_quoted(FILE *file, const char *text)
{
    const unsigned char *c = (const unsigned char *)text;

    putc('"', file);
    while (*c) {
        uint32_t code = decode(&c);
        if (code == '"' || code == '\\')
            fprintf(file, "\\%c", (int)code);
        else if (code < 0x80)
            putc((int)code, file);
        else
            fprintf(file, code < 0x10000 ? "\\u%04" PRIX32 : "\\U%08" PRIX32, code);
    }
    putc('"', file);
}

/* In a comment, likewise. */
static void print_plain(FILE *file, const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x80)
            putc(*c, file);
        else
            fprintf(file, "\\x%02x", (unsigned char)*c);
}

static void print_lines(FILE *file, const char *text, const char *prefix)
{
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\n");
        fprintf(file, "%s%.*s\n", prefix, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* A list of words in lines of comment. */
struct words {
    FILE *file;
    const char *prefix, *title;
    size_t width; /* 0: none was there yet */
};

static void print_word(struct words *words, const char *word)
{
    size_t length = strlen(word) + 1;

    if (!words->width) {
        words->width = (size_t)fprintf(words->file, "%s%s", words->prefix, words->title);
    } else if (words->width + length > LINE_WIDTH) {
        putc('\n', words->file);
        words->width = (size_t)fprintf(words->file, "%s ", words->prefix);
    }
    words->width += length;
    putc(' ', words->file);
    print_plain(words->file, word);
}

static void end_words(const struct words *words)
{
    if (words->width)
        putc('\n', words->file);
}

/* ---- A compartment's comment ---- */

static double percent(uint64_t part, uint64_t all)
{
    return all ? 100.0 * (double)part / (double)all : 0.0;
}

static void print_libraries_seen(FILE *file, const struct ruleset_part *part)
{
    struct words words = { .file = file, .prefix = "  #", .title = " Libraries that asked:" };

    for (size_t i = 0; i < part->library_count; i++)
        print_word(&words, part->libraries[i].name);
    end_words(&words);
}

static void print_missing(FILE *file, const struct ruleset *ruleset,
                          const struct ruleset_part *part)
{
    struct words words = { .file = file,
                           .prefix = "  #",
                           .title = " The process asks for these, but not this compartment:" };
    char name[RULESET_NAME_MAX];

    for (size_t i = 0; i < ruleset->process->list.count; i++) {
        const struct allowed *call = &ruleset->process->list.calls[i];
        if (!ruleset_has(&part->list, call->abi, call->name))
            print_word(&words, ruleset_name(call->abi, call->name, name));
    }
    end_words(&words);
}

/* With the interval that `coverage` shows (docs/coverage.md). */
static void print_unseen(FILE *file, const struct richness *richness)
{
    const double seen = (double)richness->seen;

    if (richness->known)
        fprintf(file,
                "  # Unseen system calls: about %.1f (95 %% confidence: %.0f to %.0f); sample "
                "coverage %.1f %%;\n  #  by %" PRIu64 " runs%s\n",
                richness->unseen, richness->wide_low - seen, richness->wide_high - seen,
                100 * richness->coverage, richness->samples,
                richness->samples < SAMPLING_FEW ? ", which are too few to say much" : "");
    else if (richness->samples)
        fputs("  # Unseen system calls: one run cannot tell\n", file);
}

static void print_comment(FILE *file, const struct ruleset *ruleset,
                          const struct ruleset_part *part)
{
    if (!part->total) {
        fputs("  # It asked for nothing in these runs\n", file);
        return;
    }
    fprintf(file,
            "  # %" PRIu64 " calls, of which %.1f %% by a caller that is inexact, %.1f %% on an "
            "incomplete stack\n",
            part->total, percent(part->inexact, part->total),
            percent(part->incomplete, part->total));
    print_unseen(file, &part->richness);
    print_libraries_seen(file, part);
    print_missing(file, ruleset, part);
}

/* ---- Libraries ---- */

/* Is it found by the name of its file? What reads the rules knows no sonames. */
static bool has_file(const struct compartments *compartments, size_t compartment, const char *name)
{
    char *own[2], *component = strstr(name, "//"), *library = strdup(name);
    bool found = false;

    if (library && component)
        library[component - name] = '\0';
    for (size_t i = 0; library && i < compartments->library_count && !found; i++) {
        if (compartments->libraries[i].compartment != compartment)
            continue;
        for (char *const *glob = compartment_globs(&compartments->libraries[i], own); *glob; glob++)
            found |= compartment_glob_matches(*glob, library, "", component ? component + 2 : "");
    }
    free(library);
    return found;
}

static bool is_named(const struct compartments *compartments, size_t compartment)
{
    for (size_t i = 0; i < compartments->library_count; i++)
        if (compartments->libraries[i].compartment == compartment)
            return true;
    return false;
}

static void print_globs(FILE *file, const struct compartments *compartments, size_t compartment,
                        const char **separator)
{
    char *own[2];

    for (size_t i = 0; i < compartments->library_count; i++) {
        if (compartments->libraries[i].compartment != compartment)
            continue;
        for (char *const *glob = compartment_globs(&compartments->libraries[i], own); *glob;
             glob++) {
            fputs(*separator, file);
            print_quoted(file, *glob);
            *separator = ", ";
        }
    }
}

/* As they are declared; and, where that is by sonames, the files that were seen. */
static void print_libraries(FILE *file, const struct ruleset *ruleset, size_t number)
{
    const struct compartments *compartments = ruleset->compartments;
    const struct ruleset_part *part = &ruleset->parts[number];
    const bool has_rest = number == compartments->fallback || number == compartments->owner;
    const char *separator = "";

    if (!is_named(compartments, number))
        return;
    fputs("    libraries: [", file);
    print_globs(file, compartments, number, &separator);
    for (size_t i = 0; i < part->library_count && !has_rest; i++) {
        const struct ruleset_library *library = &part->libraries[i];
        if (!library->member || has_file(compartments, number, library->name))
            continue;
        fputs(separator, file);
        print_quoted(file, library->name);
        separator = ", ";
    }
    fputs("]\n", file);
}

/* ---- Calls ---- */

static void print_call(FILE *file, const struct ruleset_call *call, const char *indent)
{
    char name[RULESET_NAME_MAX];

    fprintf(file, "%s- %s  # %" PRIu64 " call%s in %zu run%s", indent,
            ruleset_name(call->abi, call->name, name), call->calls, call->calls == 1 ? "" : "s",
            call->runs, call->runs == 1 ? "" : "s");
    if (call->inexact)
        fprintf(file, ", %" PRIu64 " inexact", call->inexact);
    print_plain(file, call->users);
    putc('\n', file);
}

static void print_allow(FILE *file, const struct ruleset_part *part)
{
    fputs(part->count ? "    allow:\n" : "    allow: []\n", file);
    for (size_t i = 0; i < part->count; i++)
        print_call(file, &part->calls[i], "      ");
}

static void print_phases(FILE *file, const struct ruleset_part *part)
{
    fputs(part->count ? "    phases:\n" : "    phases: {}\n", file);
    for (size_t i = 0; i < part->count; i++) {
        const struct ruleset_call *call = &part->calls[i];
        if (!i || strcmp(call->phase, part->calls[i - 1].phase) != 0) {
            fputs("      ", file);
            print_quoted(file, call->phase);
            fputs(":\n", file);
        }
        print_call(file, call, "        ");
    }
}

/* ---- The file ---- */

static void print_compartment(FILE *file, const struct ruleset *ruleset, size_t number)
{
    const struct ruleset_part *part = &ruleset->parts[number];

    putc('\n', file);
    print_comment(file, ruleset, part);
    fputs("  - name: ", file);
    print_quoted(file, part->name);
    fputs(number == ruleset->compartments->fallback ? "\n    default: true\n" : "\n", file);
    if (number == ruleset->compartments->owner)
        fputs("    runtime: owned\n", file);
    print_libraries(file, ruleset, number);
    if (ruleset->by_phase)
        print_phases(file, part);
    else
        print_allow(file, part);
}

static void print_head(FILE *file, const struct ruleset *ruleset)
{
    fputs("# Rules of compartments, by systrace-lib: what the libraries of each asked the kernel "
          "for.\n"
          "# They are only as good as the runs behind them: what these did not do is outside.\n",
          file);
    print_lines(file, ruleset->comment, "# ");
    fprintf(file,
            "# Of no compartment: %" PRIu64 " by the loader, %" PRIu64 " by [unknown], %" PRIu64
            " first execve\n",
            ruleset->loader, ruleset->unknown, ruleset->start);
    fprintf(file, "# Runtime libraries are %s\n",
            ruleset->compartments->owner == COMPARTMENT_NONE
                ? "neutral: a call belongs to the compartment of its caller"
                : "owned: a call that they make belongs to their compartment, whoever asked");
    fprintf(file, "format: " RULES_FORMAT "\ndefault-action: %s\nunknown-action: %s\ncompartments:",
            ruleset->default_action, ruleset->deny_unknown ? "deny" : "log");
}

int rulesetyaml_print(FILE *file, const struct subject *subject)
{
    print_head(file, subject->ruleset);
    for (size_t i = 0; i < subject->ruleset->count; i++)
        print_compartment(file, subject->ruleset, i);
    return 0;
}
