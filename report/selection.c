/* selection.c - leaves in a run only the calls that a query's filters let through. */
#include "selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/functionat.h"
#include "report/glob.h"

/* What a filter says of one value of its key, or of one stack. */
enum answer { ANSWER_NONE, ANSWER_NO, ANSWER_YES };

enum { SAID_MAX = 8, SHOWN_MAX = 12, LINE_SIZE = 4096, VALUE_SIZE = 64 };

/* ---- By a key ---- */

static bool matches(char **globs, const char *text, bool *used)
{
    bool ret = false;

    for (size_t i = 0; globs[i]; i++) {
        if (glob_matches(globs[i], text))
            used[i] = ret = true;
    }
    return ret;
}

/* Of a value that may be several it is enough if one of them does. */
static bool matches_several(char **globs, const char *text, bool *used)
{
    bool ret = matches(globs, text, used);
    char *parts = strdup(text), *rest = parts, *part;

    while (rest && (part = strsep(&rest, "+")))
        ret |= matches(globs, part, used);
    free(parts);
    return ret;
}

static bool accepts(const struct filter *filter, const char *text, bool *used)
{
    return keys_all[filter->key].several ? matches_several(filter->globs, text, used)
                                         : matches(filter->globs, text, used);
}

/* Is the function at the place that one of them names? */
static bool is_at(const struct keys *keys, const struct filter *filter, const struct count *count,
                  bool *used)
{
    struct caller_function function;
    bool ret = false;

    if (!keys_function(keys, filter->key, count, &function) || function.position != CALLER_FRAME)
        return false;
    const struct frame *frame = &keys->run->stacks.stacks[function.stack].frame;
    for (size_t i = 0; filter->globs[i]; i++)
        if (functionat_matches(keys->run, filter->globs[i], frame))
            used[i] = ret = true;
    return ret;
}

static int filter_by_key(const struct run *run, struct keys *keys, const struct filter *filter,
                         bool *kept, bool *used)
{
    enum answer *answers = NULL;
    size_t size = 0;

    for (size_t i = 0; i < run->count_count; i++) {
        int64_t value = keys_of_count(keys, filter->key, &run->counts[i]);
        if (value >= (int64_t)size) {
            enum answer *grown = reallocarray(answers, 2 * (size_t)value + 64, sizeof(*answers));
            if (!grown)
                value = -ENOMEM;
            else
                memset(grown + size, 0, (2 * (size_t)value + 64 - size) * sizeof(*answers));
            answers = grown ? grown : answers;
            size = grown ? 2 * (size_t)value + 64 : size;
        }
        if (value < 0) {
            free(answers);
            return (int)value;
        }
        if (!answers[value])
            answers[value] =
                accepts(filter, keys->values.texts[value], used) ? ANSWER_YES : ANSWER_NO;
        bool found = answers[value] == ANSWER_YES || is_at(keys, filter, &run->counts[i], used);
        kept[i] &= found != filter->negated;
    }
    free(answers);
    return 0;
}

/* ---- By what is on the stack ---- */

static bool at_matches(struct run *run, char **places, const struct frame *frame)
{
    for (char **place = places; *place; place++)
        if (functionat_matches(run, *place, frame))
            return true;
    return false;
}

static bool names_match(char **globs, const char *name)
{
    for (char **glob = globs; *glob; glob++)
        if (glob_matches(*glob, name))
            return true;
    return false;
}

/* The same of a raw name. */
static bool escaped_matches(char **globs, const char *raw)
{
    char *name = escape(raw);
    bool ret = name && names_match(globs, name);

    free(name);
    return ret;
}

/* Does the frame, or a function inlined in it, have the name? (A tail frame is at its function's
 * start, where nothing inlined has been called.) */
static bool frame_matches(struct run *run, const struct filter *filter, const struct frame *frame)
{
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);
    char *library[] = { filter->library, NULL };
    const struct inlined *inlined;

    if (filter->library && !escaped_matches(library, run->modules[frame->module].name))
        return false;
    if ((symbol && escaped_matches(filter->globs, symbol->name)) ||
        at_matches(run, filter->globs, frame))
        return true;
    if (frame->marks & FRAME_TAIL)
        return false;
    size_t count = run_find_inlined(run, frame->module, frame->offset, &inlined);
    for (size_t i = 0; i < count; i++)
        if (escaped_matches(filter->globs, inlined[i].name))
            return true;
    return false;
}

/* A stack has what the one beyond its innermost frame has. */
static int filter_by_stack(struct run *run, const struct filter *filter, bool *kept, bool *used)
{
    bool *under = calloc(run->stacks.count, sizeof(*under));

    if (!under)
        return -ENOMEM;
    for (uint32_t i = STACK_ENDS; i < run->stacks.count; i++) {
        const struct stack *stack = &run->stacks.stacks[i];
        under[i] = under[stack->outer] || frame_matches(run, filter, &stack->frame);
    }
    for (size_t i = 0; i < run->count_count; i++) {
        used[0] |= under[run->counts[i].stack];
        kept[i] &= under[run->counts[i].stack] != filter->negated;
    }
    free(under);
    return 0;
}

/* ---- Messages ---- */

/* The values that there are of a key, as far as they go into a line. */
static void list_values(const struct run *run, struct keys *keys, int key, FILE *file)
{
    bool *seen = NULL;
    size_t size = 0, shown = 0;

    for (size_t i = 0; i < run->count_count; i++) {
        int64_t value = keys_of_count(keys, key, &run->counts[i]);
        if (value < 0)
            break;
        if ((size_t)value >= size) {
            bool *grown = realloc(seen, 2 * (size_t)value + 64);
            if (!grown)
                break;
            memset(grown + size, 0, 2 * (size_t)value + 64 - size);
            seen = grown;
            size = 2 * (size_t)value + 64;
        }
        if (seen[value] || !*keys->values.texts[value])
            continue;
        seen[value] = true;
        if (shown++ < SHOWN_MAX)
            fprintf(file, "%s%.*s", shown > 1 ? ", " : "", VALUE_SIZE, keys->values.texts[value]);
    }
    free(seen);
    if (shown > SHOWN_MAX)
        fprintf(file, ", and %zu more (report --by=%s)", shown - SHOWN_MAX, keys_all[key].name);
}

/* A glob is of escaped text: its backslashes are as they are to be. */
static char *escape_printed(const char *glob)
{
    char *text = escape(glob), *to = text;

    for (const char *from = text; from && *from; from++) {
        *to++ = *from;
        from += from[0] == '\\' && from[1] == '\\';
    }
    if (text)
        *to = '\0';
    return text;
}

static void say_unused(const struct run *run, struct keys *keys, const struct filter *filter,
                       const char *glob, void (*say)(const char *line))
{
    char line[LINE_SIZE] = "";
    char *shown = escape_printed(glob),
         *library = filter->library ? escape_printed(filter->library) : NULL;
    FILE *file = fmemopen(line, sizeof(line), "w");

    if (file && filter->key == FILTER_UNDER) {
        fprintf(file, "no stack has a function '%.*s'", VALUE_SIZE, shown ? shown : "?");
        if (filter->library)
            fprintf(file, " of %.*s", VALUE_SIZE, library ? library : "?");
    } else if (file) {
        fprintf(file,
                "no call has a %s that matches '%.*s'; there are: ", keys_all[filter->key].name,
                VALUE_SIZE, shown ? shown : "?");
        list_values(run, keys, filter->key, file);
    }
    if (file)
        fclose(file);
    line[sizeof(line) - 1] = '\0';
    say(line);
    free(shown);
    free(library);
}

/* ---- Groups ---- */

/* 1, 0, or -ENOMEM. */
static int matches_library(struct keys *keys, const char *glob)
{
    static const char *const names[] = { "library", "component" };

    for (uint32_t i = 0; i < keys->callers->library_count; i++) {
        for (size_t name = 0; name < sizeof(names) / sizeof(*names); name++) {
            int64_t value = keys_of_library(keys, key_parse(names[name]), i);
            if (value < 0)
                return -ENOMEM;
            if (*keys->values.texts[value] && glob_matches(glob, keys->values.texts[value]))
                return 1;
        }
    }
    return 0;
}

int selection_check_groups(struct keys *keys, const struct library_groups *groups,
                           void (*say)(const char *line))
{
    for (size_t i = 0; i < groups->count; i++) {
        const struct library_group *group = &groups->groups[i];
        for (char **glob = group->globs; *glob; glob++) {
            char line[LINE_SIZE], *shown, *name;
            int found = matches_library(keys, *glob);
            if (found < 0)
                return found;
            if (found)
                continue;
            shown = escape_printed(*glob);
            name = escape_printed(group->name);
            snprintf(line, sizeof(line), "no library matches '%.*s' of the group '%.*s'",
                     VALUE_SIZE, shown ? shown : "?", VALUE_SIZE, name ? name : "?");
            say(line);
            free(shown);
            free(name);
        }
    }
    return 0;
}

/* ---- All ---- */

static size_t count_globs(const struct filter *filter)
{
    size_t count = 0;

    while (filter->globs[count])
        count++;
    return count;
}

static int apply(struct run *run, struct keys *keys, const struct filter *filter, bool *kept,
                 void (*say)(const char *line))
{
    bool *used = calloc(count_globs(filter), sizeof(*used));
    int error = !used                         ? -ENOMEM
                : filter->key == FILTER_UNDER ? filter_by_stack(run, filter, kept, used)
                                              : filter_by_key(run, keys, filter, kept, used);

    for (size_t i = 0, said = 0; !error && filter->globs[i] && said < SAID_MAX; i++) {
        said += !used[i];
        if (!used[i])
            say_unused(run, keys, filter, filter->globs[i], say);
    }
    free(used);
    return error;
}

static void keep(struct run *run, const bool *kept)
{
    size_t count = 0;

    for (size_t i = 0; i < run->count_count; i++)
        if (kept[i])
            run->counts[count++] = run->counts[i];
    run->count_count = count;
    run_index_counts(run);
}

int selection_apply(struct run *run, struct keys *keys, const struct query *query,
                    void (*say)(const char *line))
{
    bool *kept = malloc(run->count_count + 1);
    int error = kept ? 0 : -ENOMEM;

    if (kept)
        memset(kept, true, run->count_count + 1);
    for (size_t i = 0; i < query->filter_count && !error; i++)
        error = apply(run, keys, &query->filters[i], kept, say);
    if (!error)
        keep(run, kept);
    free(kept);
    return error;
}
