/* acceptfile.c - files of what is accepted, read and written. */
#include "acceptfile.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "report/complain.h"
#include "report/output.h"

/* ---- Reading ---- */

/* All of a file; its length in `size`, and a NUL behind it. To be freed. */
static int read_all(FILE *file, char **ret, size_t *size)
{
    char *text = NULL, buffer[1 << 14];
    FILE *memory = open_memstream(&text, size);
    size_t length;

    if (!memory)
        return -ENOMEM;
    errno = 0;
    while ((length = fread(buffer, 1, sizeof(buffer), file)))
        fwrite(buffer, 1, length, memory);
    int error = ferror(file) ? (errno ? -errno : -EIO) : 0;
    if (fclose(memory) && !error)
        error = -ENOMEM;
    if (error) {
        free(text);
        return error;
    }
    *ret = text;
    return 0;
}

static int load(const char *path, char **ret, size_t *size)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return -errno;
    int error = read_all(file, ret, size);
    fclose(file);
    return error;
}

static int parse(const char *path, const char *text, size_t size, size_t key_count,
                 struct accepts *ret)
{
    char message[ACCEPT_ERROR_MAX];
    int error = accepts_parse(ret, text, size, key_count, message);

    if (error) {
        complain_of(path, message);
        accepts_deinit(ret);
    }
    return error;
}

int acceptfile_read(const char *path, size_t key_count, struct accepts *ret)
{
    char *text;
    size_t size;
    int error = load(path, &text, &size);

    if (error)
        return complain_of(path, strerror(-error));
    error = parse(path, text, size, key_count, ret);
    free(text);
    return error;
}

/* ---- What is of no use ---- */

void acceptfile_complain_of_unused(const char *path, const struct accepts *accepts)
{
    enum { SHOWN = 8 };
    char lines[SHOWN * 24] = "", what[SHOWN * 24 + 128];
    size_t unused = 0, end = 0;

    for (size_t i = 0; i < accepts->count; i++)
        if (!accepts->entries[i].used && unused++ < SHOWN)
            end += (size_t)sprintf(lines + end, "%s%zu", end ? ", " : "", accepts->entries[i].line);
    if (!unused)
        return;
    snprintf(what, sizeof(what), "%zu entr%s match%s nothing that is new (line%s %s%s)", unused,
             unused == 1 ? "y" : "ies", unused == 1 ? "es" : "", unused == 1 ? "" : "s", lines,
             unused > SHOWN ? ", ..." : "");
    complain_of(path, what);
}

/* ---- Writing ---- */

struct writing {
    const struct difference *difference;
    const char *text; /* that the file has */
    size_t size;
    struct accepts accepts; /* of that */
};

static void print_header(FILE *file, const struct difference *difference)
{
    fputs("# What is known and accepted: systrace-lib diff --accept=FILE reads this.\n"
          "# A line has a pattern for each of:",
          file);
    for (size_t i = 0; i < difference->key_count; i++)
        fprintf(file, " %s", difference->keys[i]);
    fputs("; and the reason. Better reasons are welcome.\n\n", file);
}

static void print_entry(FILE *file, const struct difference *difference,
                        const struct change *change)
{
    const struct change_amounts *new = &change->amounts[NEW];
    char reason[128];

    snprintf(reason, sizeof(reason), "new: %" PRIu64 " call%s in %" PRIu64 " of %zu run%s",
             new->calls, new->calls == 1 ? "" : "s", new->runs, difference->evidence[NEW].runs,
             difference->evidence[NEW].runs == 1 ? "" : "s");
    accept_print(file, change->texts, difference->key_count, reason);
}

static int print(FILE *file, void *context)
{
    struct writing *writing = context;
    const struct difference *difference = writing->difference;

    fwrite(writing->text, 1, writing->size, file);
    if (!writing->size)
        print_header(file, difference);
    else if (writing->text[writing->size - 1] != '\n')
        putc('\n', file);
    for (size_t i = 0; i < difference->count; i++) {
        const struct change *change = &difference->changes[i];
        if (change->kind == APPEARED && !accepts_find(&writing->accepts, change->texts))
            print_entry(file, difference, change);
    }
    return 0;
}

int acceptfile_write(const char *path, const struct difference *difference)
{
    struct writing writing = { .difference = difference };
    struct output_error message;
    char *text = NULL;
    int error = load(path, &text, &writing.size);

    if (error && error != -ENOENT)
        return complain_of(path, strerror(-error));
    if (error)
        writing.size = 0;
    writing.text = text ? text : "";
    error = parse(path, writing.text, writing.size, difference->key_count, &writing.accepts);
    if (!error) {
        if ((error = output_write(path, print, &writing, &message)))
            complain("%s", message.text);
        accepts_deinit(&writing.accepts);
    }
    free(text);
    return error;
}
