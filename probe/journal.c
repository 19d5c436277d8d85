/* journal.c - writes what has been found out, and reads it back. */
#include "journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "record/array.h"
#include "report/complain.h"

static const char *const ends[TRIAL_ENDS] = {
    [TRIAL_WORKS] = "works",
    [TRIAL_FAILS] = "fails",
    [TRIAL_HANGS] = "hangs",
    [TRIAL_UNMADE] = "unmade",
};

void journal_deinit(struct journal *journal)
{
    if (journal->file)
        fclose(journal->file);
    for (size_t i = 0; i < journal->count; i++)
        free(journal->runs[i].taken);
    free(journal->runs);
    json_decref(journal->subject);
    json_decref(journal->files);
    free(journal->path);
    *journal = (struct journal){ 0 };
}

static int note_run(struct journal *journal, const char *taken, enum trial_end end)
{
    char *copy = strdup(taken);

    if (!copy || !ARRAY_ROOM(journal->runs, journal->count, journal->capacity)) {
        free(copy);
        return complain("out of memory"), -ENOMEM;
    }
    journal->runs[journal->count++] = (struct journal_run){ copy, end };
    return 0;
}

/* ---- Reading ---- */

static int read_pair(const json_t *line, struct pairs *pairs)
{
    const char *library, *abi;
    json_int_t nr, calls;

    if (json_unpack((json_t *)line, "{s:s,s:s,s:I,s:I!}", "library", &library, "abi", &abi, "nr",
                    &nr, "calls", &calls) ||
        abi_parse(abi) < 0 || nr < 0 || nr > UINT32_MAX || calls < 0)
        return -EINVAL;
    struct pair *pair = pairs_add(pairs, library, (enum abi)abi_parse(abi), (uint32_t)nr);
    if (!pair)
        return -ENOMEM;
    pair->calls = (uint64_t)calls;
    return 0;
}

static int read_run(struct journal *journal, const json_t *line, const struct pairs *pairs)
{
    const char *taken, *name;
    int end = 0;

    if (json_unpack((json_t *)line, "{s:s,s:s!}", "taken", &taken, "end", &name) ||
        strlen(taken) > pairs->count || taken[strspn(taken, ".sf")])
        return -EINVAL;
    while (end < TRIAL_ENDS && strcmp(ends[end], name) != 0)
        end++;
    return end == TRIAL_ENDS ? -EINVAL : note_run(journal, taken, (enum trial_end)end);
}

static int read_line(struct journal *journal, json_t *line, size_t number, struct pairs *pairs)
{
    if (number == 1)
        journal->subject = json_incref(line);
    else if (number == 2)
        journal->files = json_incref(line);
    else if (json_object_get(line, "library"))
        return read_pair(line, pairs);
    else
        return read_run(journal, line, pairs);
    return json_is_object(line) ? 0 : -EINVAL;
}

/* What has no newline was not written to its end: it is cut off. */
static int read_lines(struct journal *journal, struct pairs *pairs)
{
    char *text = NULL;
    size_t size = 0, number = 0;
    off_t end = 0;
    ssize_t length;
    int error = 0;

    while (!error && (length = getline(&text, &size, journal->file)) > 0 &&
           text[length - 1] == '\n') {
        json_t *line = json_loadb(text, (size_t)length, 0, NULL);
        error = line ? read_line(journal, line, ++number, pairs) : -EINVAL;
        if (error == -EINVAL)
            complain_of(journal->path, "is no journal of a probe");
        json_decref(line);
        end += length;
    }
    free(text);
    if (!error && (ftruncate(fileno(journal->file), end) || fseeko(journal->file, end, SEEK_SET)))
        error = complain_of(journal->path, strerror(errno));
    return error;
}

static int check_subject(const struct journal *journal, const json_t *subject)
{
    if (!journal->subject || json_equal(journal->subject, subject))
        return 0;
    return complain_of(journal->path, "is the journal of another probe: of another command, test, "
                                      "directory or --by, of other --retries or libraries");
}

int journal_open(struct journal *journal, char *path, bool resume, const json_t *subject,
                 struct pairs *pairs)
{
    journal->path = path;
    if (!path || (access(path, F_OK) && errno == ENOENT))
        return 0;
    if (!resume)
        return complain_of(path, "an earlier probe has left its journal: go on with it (--resume), "
                                 "or remove it");
    journal->file = fopen(path, "r+e");
    if (!journal->file)
        return complain_of(path, strerror(errno));
    int error = read_lines(journal, pairs);
    journal->written = pairs->count;
    return error ? error : check_subject(journal, subject);
}

/* ---- Writing ---- */

static int write_line(struct journal *journal, json_t *line)
{
    int failed = !line;

    if (!journal->path) {
        json_decref(line);
        return 0;
    }
    failed = failed || json_dumpf(line, journal->file, JSON_COMPACT) ||
             putc('\n', journal->file) == EOF || fflush(journal->file) ||
             fdatasync(fileno(journal->file));
    json_decref(line);
    return failed ? complain_of(journal->path, line ? strerror(errno) : "out of memory") : 0;
}

/* Another file at the same path, or else NULL. What is only in one of the runs says nothing. */
static const char *find_changed(json_t *before, json_t *now)
{
    const char *path;
    json_t *identity;

    json_object_foreach(now, path, identity)
    {
        json_t *former = json_object_get(before, path);
        if (former && !json_equal(former, identity))
            return path;
    }
    return NULL;
}

int journal_begin(struct journal *journal, json_t *subject, json_t *files)
{
    const char *changed = find_changed(journal->files, files);
    int error = 0;

    if (changed)
        return complain("%s: is the journal of other files: %s has changed", journal->path,
                        changed);
    if (journal->path && !journal->file && !(journal->file = fopen(journal->path, "wex")))
        return complain_of(journal->path, strerror(errno));
    if (!journal->subject)
        error = write_line(journal, json_incref(subject));
    if (!journal->files && !error)
        error = write_line(journal, json_incref(files));
    return error;
}

int journal_add_pairs(struct journal *journal, const struct pairs *pairs)
{
    int error = 0;

    for (; journal->written < pairs->count && !error; journal->written++) {
        const struct pair *pair = &pairs->all[journal->written];
        error = write_line(journal, json_pack("{s:s,s:s,s:I,s:I}", "library", pair->library, "abi",
                                              abi_name(pair->abi), "nr", (json_int_t)pair->nr,
                                              "calls", (json_int_t)pair->calls));
    }
    return error;
}

int journal_add_run(struct journal *journal, const char *taken, enum trial_end end)
{
    int error = note_run(journal, taken, end);

    return error ? error
                 : write_line(journal, json_pack("{s:s,s:s}", "taken", taken, "end", ends[end]));
}

void journal_remove(struct journal *journal)
{
    if (journal->path)
        unlink(journal->path);
}
