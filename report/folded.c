/*
 * folded.c - a run as folded stacks, of which flamegraph.pl, speedscope and others make flame
 * graphs: "PROGRAM;FUNCTION;...;SYSTEM CALL CALLS" a line, outermost first.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/calltree.h"
#include "report/format.h"
#include "report/locations.h"
#include "report/values.h"

struct folder {
    struct locations locations;
    struct values labels;
    uint32_t *of_locations; /* by location: number of its label, and that of several functions
                               is of all of them */
    uint32_t *words;        /* by stack */
    struct calltree tree;
};

/*
 * What separates frames, and what ends lines for some readers though it is no control character
 * (U+2028 and U+2029, for JavaScript's patterns), is written as escape.h writes such bytes. The
 * space is harmless: the last one stands before the number, and a system call's name has none.
 */
static const char *escaped_of(const char *text)
{
    if (*text == ';')
        return "\\x3b";
    if (!strncmp(text, "\xe2\x80\xa8", 3))
        return "\\xe2\\x80\\xa8";
    return !strncmp(text, "\xe2\x80\xa9", 3) ? "\\xe2\\x80\\xa9" : NULL;
}

static void print_name(FILE *file, const char *text)
{
    for (; *text; text++) {
        const char *escaped = escaped_of(text);
        if (escaped) {
            fputs(escaped, file);
            text += *text == ';' ? 0 : 2;
        } else {
            putc_unlocked(*text, file);
        }
    }
}

/* ---- Labels ---- */

/* The functions at a location, the outermost first. */
static int print_functions(FILE *file, const struct locations *locations, uint32_t location)
{
    struct location_function function;
    uint32_t count = 0;

    while (location_function(locations, location, count, &function))
        count++;
    for (uint32_t i = count; i--;) {
        location_function(locations, location, i, &function);
        char *label = location_label(locations, location, &function);
        if (!label)
            return -ENOMEM;
        print_name(file, label);
        fputs(i ? ";" : "", file);
        free(label);
    }
    return 0;
}

static char *join_functions(const struct locations *locations, uint32_t location)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    int error = print_functions(file, locations, location);
    if (!fclose(file) && !error)
        return text;
    free(text);
    return NULL;
}

/* Frames of one name are one word, whichever their places are. */
static int label_locations(struct folder *folder)
{
    const struct locations *locations = &folder->locations;

    folder->of_locations = calloc(locations->count, sizeof(*folder->of_locations));
    folder->words = calloc(locations->run->stacks.count, sizeof(*folder->words));
    if (!folder->of_locations || !folder->words)
        return -ENOMEM;
    for (uint32_t i = 0; i < locations->count; i++) {
        int64_t label = values_add(&folder->labels, join_functions(locations, i));
        if (label < 0)
            return (int)label;
        folder->of_locations[i] = (uint32_t)label;
    }
    for (uint32_t i = 0; i < locations->run->stacks.count; i++)
        folder->words[i] = folder->of_locations[locations->of_stack[i]];
    return 0;
}

/* ---- Lines ---- */

/* There are many more of these than of all else. */
static void print_frame(FILE *file, const char *label)
{
    putc_unlocked(';', file);
    fputs_unlocked(label, file);
}

static int print_sample(FILE *file, const struct folder *folder,
                        const struct calltree_sample *sample)
{
    const struct run *run = folder->locations.run;
    uint32_t path[CALLTREE_PATH_MAX];
    char name[SYSCALL_NAME_MAX];
    char *program = escape(run->programs[sample->program].name);

    if (!program || !syscall_name(sample->abi, sample->nr, name)) {
        free(program);
        return -ENOMEM;
    }
    print_name(file, program);
    free(program);
    for (size_t i = calltree_path(&folder->tree, sample->node, path); i--;)
        print_frame(file, folder->labels.texts[path[i]]);
    fprintf(file, ";%s", name);
    if (sample->abi != ABI_X86_64)
        fprintf(file, "(%s)", abi_name(sample->abi));
    fprintf(file, " %" PRIu64 "\n", sample->calls);
    return 0;
}

static int print_samples(FILE *file, struct folder *folder, const struct table *table)
{
    int error = calltree_init(&folder->tree, table, folder->words,
                              folder->of_locations[LOCATION_CUT], false);

    if (error)
        return error;
    for (size_t i = 0; i < folder->tree.sample_count && !error; i++)
        error = print_sample(file, folder, &folder->tree.samples[i]);
    calltree_deinit(&folder->tree);
    return error;
}

int folded_print(FILE *file, const struct subject *subject)
{
    struct folder folder = { 0 };
    int error = locations_init(&folder.locations, subject->run);

    if (error)
        return error;
    error = label_locations(&folder);
    if (!error)
        error = print_samples(file, &folder, subject->table);
    free(folder.of_locations);
    free(folder.words);
    values_deinit(&folder.labels);
    locations_deinit(&folder.locations);
    return error;
}
