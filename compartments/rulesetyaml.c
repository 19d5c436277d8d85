/* rulesetyaml.c - rules as the file that --policy reads (docs/compartments.md): what they rest on
 * is in its comments. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "compartments/rules.h"
#include "compartments/ruleset.h"
#include "compartments/rulesetformats.h"
#include "report/errnoname.h"
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
        print_word(&words, part->libraries[i]);
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

static void print_libraries(FILE *file, const struct compartments *compartments, size_t number)
{
    const char *separator = "";
    char *own[2];

    for (size_t i = 0; i < compartments->library_count; i++) {
        if (compartments->libraries[i].compartment != number)
            continue;
        for (char *const *glob = compartment_globs(&compartments->libraries[i], own); *glob;
             glob++) {
            fputs(*separator ? separator : "    libraries: [", file);
            print_quoted(file, *glob);
            separator = ", ";
        }
    }
    if (*separator)
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
    print_libraries(file, ruleset->compartments, number);
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

/* ---- Rules that were read ---- */

static void print_action(FILE *file, const char *key, const struct rules_action *action)
{
    const char *name = rules_action_name(action);

    if (action->kind == RULES_ERRNO && !errno_name(action->error))
        fprintf(file, "%s: {errno: %d}\n", key, action->error);
    else
        fprintf(file, action->kind == RULES_ERRNO ? "%s: {errno: %s}\n" : "%s: %s\n", key, name);
}

/* A list, behind its key. */
static void print_set(FILE *file, const struct callset *set, const char *indent)
{
    char buffer[SYSCALL_NAME_MAX], name[RULESET_NAME_MAX];
    size_t printed = 0;

    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (uint32_t nr = 0; nr < CALLSET_NUMBERS; nr++)
            if (callset_has(set, (enum abi)abi, nr))
                fprintf(file, "%s%s- %s\n", printed++ ? "" : ":\n", indent,
                        ruleset_name((enum abi)abi, syscall_name((enum abi)abi, nr, buffer), name));
    if (set->beyond)
        fprintf(file, "%s%s- %s  # and any other number that no call has\n", printed++ ? "" : ":\n",
                indent, syscall_name(ABI_X86_64, CALLSET_NUMBERS, buffer));
    if (!printed)
        fputs(": []\n", file);
}

static void print_rules(FILE *file, const struct rules *rules, size_t number)
{
    const struct rules_compartment *compartment = &rules->all[number];

    fputs("\n  - name: ", file);
    print_quoted(file, compartment->name);
    fputs(number == rules->compartments.fallback ? "\n    default: true\n" : "\n", file);
    if (number == rules->compartments.owner)
        fputs("    runtime: owned\n", file);
    print_libraries(file, &rules->compartments, number);
    if (compartment->action.kind != rules->action.kind ||
        compartment->action.error != rules->action.error)
        print_action(file, "    action", &compartment->action);
    fputs("    allow", file);
    print_set(file, &compartment->allow, "      ");
    for (size_t i = 0; i < compartment->phase_count; i++) {
        fputs(i ? "      " : "    phases:\n      ", file);
        print_quoted(file, compartment->phases[i].name);
        print_set(file, &compartment->phases[i].allow, "        ");
    }
}

void rulesetyaml_print_rules(FILE *file, const struct rules *rules)
{
    fputs("# Rules of compartments, merged by systrace-lib: what any of the files allows.\n"
          "format: " RULES_FORMAT "\n",
          file);
    print_action(file, "default-action", &rules->action);
    fprintf(file, "unknown-action: %s\ncompartments:%s\n", rules->deny_unknown ? "deny" : "log",
            rules->compartments.count ? "" : " []");
    for (size_t i = 0; i < rules->compartments.count; i++)
        print_rules(file, rules, i);
}
