/* accept.c - files of what is known and accepted. */
#include "accept.h"

#include <fnmatch.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "record/escape.h"

#define SPACES     " \t\r\v\f"
#define EMPTY_GLOB "\"\""

static void entry_deinit(struct accept_entry *entry)
{
    for (char **glob = entry->globs; glob && *glob; glob++)
        free(*glob);
    free(entry->globs);
    free(entry->reason);
}

void accepts_deinit(struct accepts *accepts)
{
    for (size_t i = 0; i < accepts->count; i++)
        entry_deinit(&accepts->entries[i]);
    free(accepts->entries);
    *accepts = (struct accepts){ 0 };
}

static int fail_at(size_t line, char error[static ACCEPT_ERROR_MAX], const char *what)
{
    snprintf(error, ACCEPT_ERROR_MAX, "line %zu: %s", line, what);
    return -EINVAL;
}

static int fail_of_memory(char error[static ACCEPT_ERROR_MAX])
{
    snprintf(error, ACCEPT_ERROR_MAX, "%s", strerror(ENOMEM));
    return -ENOMEM;
}

/* ---- A line ---- */

/* The length of the glob that a text begins with: up to a space that has no backslash before it. */
static size_t glob_length(const char *text)
{
    size_t length = 0;

    while (text[length] && !strchr(SPACES, text[length]))
        length += text[length] == '\\' && text[length + 1] ? 2 : 1;
    return length;
}

static char *copy_glob(const char *text, size_t length)
{
    bool empty = length == strlen(EMPTY_GLOB) && !strncmp(text, EMPTY_GLOB, length);
    return strndup(text, empty ? 0 : length);
}

/* "two globs are needed ..." */
static int fail_of_count(size_t line, size_t found, size_t needed,
                         char error[static ACCEPT_ERROR_MAX])
{
    char what[ACCEPT_ERROR_MAX / 2];

    snprintf(what, sizeof(what), "it has %zu pattern%s, but there %s %zu key%s (--by)", found,
             found == 1 ? "" : "s", needed == 1 ? "is" : "are", needed, needed == 1 ? "" : "s");
    return fail_at(line, error, what);
}

/* Takes the globs off the line, up to its "#" or end. */
static int parse_globs(const char **text, struct accept_entry *entry, size_t needed,
                       char error[static ACCEPT_ERROR_MAX])
{
    size_t found = 0;

    entry->globs = calloc(needed + 1, sizeof(*entry->globs));
    if (!entry->globs)
        return fail_of_memory(error);
    for (*text += strspn(*text, SPACES); **text && **text != '#'; *text += strspn(*text, SPACES)) {
        size_t length = glob_length(*text);
        if (found < needed && !(entry->globs[found] = copy_glob(*text, length)))
            return fail_of_memory(error);
        found++;
        *text += length;
    }
    return found == needed ? 0 : fail_of_count(entry->line, found, needed, error);
}

static int parse_reason(const char *text, struct accept_entry *entry,
                        char error[static ACCEPT_ERROR_MAX])
{
    text += strspn(text, "#" SPACES);
    size_t length = strlen(text);
    while (length && strchr(SPACES, text[length - 1]))
        length--;
    char *raw = strndup(text, length);
    if (raw)
        entry->reason = escape(raw);
    free(raw);
    if (!entry->reason)
        return fail_of_memory(error);
    return length ? 0 : fail_at(entry->line, error, "say why it is accepted, behind a '#'");
}

static int parse_line(struct accepts *accepts, const char *text, size_t line,
                      char error[static ACCEPT_ERROR_MAX])
{
    text += strspn(text, SPACES);
    if (!*text || *text == '#')
        return 0;
    if (!ARRAY_ROOM(accepts->entries, accepts->count, accepts->capacity))
        return fail_of_memory(error);
    struct accept_entry *entry = &accepts->entries[accepts->count++];
    *entry = (struct accept_entry){ .line = line };
    int result = parse_globs(&text, entry, accepts->key_count, error);
    return result ? result : parse_reason(text, entry, error);
}

int accepts_parse(struct accepts *accepts, const char *text, size_t size, size_t key_count,
                  char error[static ACCEPT_ERROR_MAX])
{
    size_t line = 1;
    int result = 0;

    *accepts = (struct accepts){ .key_count = key_count };
    for (const char *end = text + size; text < end && !result; line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        char *copy = strndup(text, length);
        if (!copy)
            return fail_of_memory(error);
        result = strlen(copy) < length ? fail_at(line, error, "it has a NUL byte: this is no text")
                                       : parse_line(accepts, copy, line, error);
        free(copy);
        text += length + !!newline;
    }
    return result;
}

/* ---- Matching ---- */

static bool matches(const struct accept_entry *entry, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(entry->globs[i], texts[i]) && fnmatch(entry->globs[i], texts[i], 0))
            return false;
    return true;
}

const struct accept_entry *accepts_find(struct accepts *accepts, const char *const *texts)
{
    const struct accept_entry *first = NULL;

    for (size_t i = 0; i < accepts->count; i++) {
        struct accept_entry *entry = &accepts->entries[i];
        if (!matches(entry, texts, accepts->key_count))
            continue;
        entry->used = true;
        first = first ? first : entry;
    }
    return first;
}

/* ---- Writing ---- */

static void print_glob(FILE *file, const char *text)
{
    if (!*text)
        fputs(EMPTY_GLOB, file);
    for (; *text; text++)
        fprintf(file, strchr("*?[]\\#\" ", *text) ? "\\%c" : "%c", *text);
}

void accept_print(FILE *file, const char *const *texts, size_t count, const char *reason)
{
    for (size_t i = 0; i < count; i++) {
        print_glob(file, texts[i]);
        fputs("  ", file);
    }
    fprintf(file, "# %s\n", reason);
}
