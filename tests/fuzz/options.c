/*
 * options.c - fuzzes the two command lines: tracer/options.c and, of report/report.c, the part that
 * only looks at the arguments. The words of the input end in NUL.
 */
#include "fuzz.h"

#include <errno.h>
#include <getopt.h>

#include "report/format.h"
#include "report/report.c"
#include "tracer/options.h"

enum { WORDS_MAX = 64 };

static bool is_word(char *const *words, const char *text)
{
    for (; *words; words++)
        if (text >= *words && text <= *words + strlen(*words))
            return true;
    return false;
}

static void try_tracing(int count, char **words)
{
    struct options o;

    optind = 0; /* makes getopt start again */
    int result = options_parse(&o, count, words);
    CHECK((result >= OPTIONS_RUN && result <= OPTIONS_VERSION) || result == -EINVAL);
    if (result == OPTIONS_RUN)
        CHECK(o.attach_count ? !*o.command : is_word(words, *o.command));
    for (size_t i = 0; i < o.attach_count; i++)
        CHECK(o.attach[i] > 0);
    for (size_t i = 0; i < o.outputs.count; i++)
        CHECK(is_word(words, o.outputs.paths[i]));
    for (size_t i = 0; i < o.environment_count; i++)
        CHECK(is_word(words, o.environment[i]) && *o.environment[i]);
    CHECK(o.engine >= ENGINE_AUTO && o.engine <= ENGINE_AGENT);
    CHECK(!o.outputs.format || format_by_name(formats, o.outputs.format, o.outputs.table));
    options_deinit(&o);
}

static void try_report(int count, char **words)
{
    struct arguments arguments;
    int status = parse_arguments(count, words, &arguments);

    CHECK(!status || status == -EINVAL || status == EXIT_OURS);
    CHECK(status || arguments.help || arguments.query.help ||
          (arguments.run_count > 0 && is_word(words, *arguments.runs)));
    for (size_t i = 0; i < arguments.outputs.count; i++)
        CHECK(is_word(words, arguments.outputs.paths[i]));
    for (size_t i = 0; i < arguments.query.by_count; i++)
        CHECK(arguments.query.by[i] >= 0 && arguments.query.by[i] < (int)keys_count);
    query_deinit(&arguments.query);
    outputs_deinit(&arguments.outputs);
}

/* Splits the text, in place, behind the word that is the program's name. */
static int split(char *text, const char *end, char *name, char *words[WORDS_MAX + 2])
{
    int count = 0;

    words[count++] = name;
    while (text < end && count <= WORDS_MAX) {
        words[count++] = text;
        text += strlen(text) + 1;
    }
    words[count] = NULL;
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char name[] = "systrace-lib", *words[WORDS_MAX + 2];
    char *text = malloc(size + 1);

    memcpy(text, data, size);
    text[size] = '\0';
    try_tracing(split(text, text + size, name, words), words);
    try_report(split(text, text + size, name, words), words);
    free(text);
    return 0;
}
