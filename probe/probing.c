/* probing.c - makes runs: the first, as it is, and others without what they are given. */
#include "probing.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "probe/taking.h"
#include "record/clock.h"
#include "record/escape.h"
#include "record/runfile.h"
#include "report/complain.h"

/* A run takes at most so many times as long as the longest that took nothing away, and some
 * seconds. */
enum { TIMES_AS_LONG = 5, MORE_SECONDS = 5 };

static int no_memory(void)
{
    complain("out of memory");
    return -ENOMEM;
}

static int complain_of_trouble(void)
{
    return complain("a run cannot be made: is there room in $TMPDIR, or /tmp?");
}

/* ---- A run ---- */

/* `run`: an open file for its run file; -1: takes something away. The member that makes it. */
static int start(struct probing *probing, const char *taken, int run)
{
    char **options = taking_options(taken, &probing->pairs, probing->tracer_options);
    unsigned slot = (unsigned)crew_free(&probing->crew);
    const struct trial trial = { .command = probing->command,
                                 .test = probing->test,
                                 .options = (const char *const *)options,
                                 .run = run,
                                 .outlives = probing->outlives,
                                 .loud = run >= 0 && !probing->quiet,
                                 .limit = probing->limit,
                                 .slot = slot };

    if (!options)
        return no_memory();
    int error = crew_start(&probing->crew, &trial);
    taking_free(options);
    return error ? complain("cannot start a run: %s", strerror(-error)) : (int)slot;
}

/* What is taken away, for the line about what remains. */
static char *describe(const struct probing *probing, const char *taken)
{
    char name[SYSCALL_NAME_MAX], *ret = NULL;
    size_t number;
    enum way way;
    int length;

    if (!taking_is_single(taken, &number, &way)) {
        size_t count = 0;
        for (const char *c = taken; *c; c++)
            count += *c != '.';
        length = asprintf(&ret, "%zu pairs at once", count);
    } else {
        const struct pair *pair = &probing->pairs.all[number];
        const char *call = syscall_name(pair->abi, pair->nr, name);
        length = asprintf(&ret, "%s%s%s, %s", call ? call : "?", *pair->library ? " of " : "",
                          pair->library, way_name(way));
    }
    return length < 0 ? NULL : ret;
}

int probing_start(struct probing *probing, const char *taken)
{
    char *what = describe(probing, taken);

    if (what)
        remaining_begin(&probing->remaining, what);
    free(what);
    int slot = start(probing, taken, -1);
    if (slot < 0)
        return slot;
    free(probing->taken[slot]);
    probing->taken[slot] = strdup(taken);
    return probing->taken[slot] ? 0 : no_memory();
}

/* Of a pair by itself. */
static void note_result(struct pairs *pairs, const char *taken, enum trial_end end)
{
    size_t pair;
    enum way way;

    if (taking_is_single(taken, &pair, &way))
        pairs->all[pair].results[way][end]++;
}

int probing_wait(struct probing *probing, enum trial_end *ret)
{
    int slot = crew_wait(&probing->crew, ret);

    if (slot < 0)
        return slot;
    if (*ret == TRIAL_OUTLIVED)
        *ret = TRIAL_WORKS;
    if (*ret == TRIAL_TROUBLE)
        return complain_of_trouble();
    probing->remaining.made++;
    note_result(&probing->pairs, probing->taken[slot], *ret);
    return journal_add_run(&probing->journal, probing->taken[slot], *ret);
}

/* ---- The first ---- */

static json_t *make_subject(const struct probing *probing)
{
    char *directory = get_current_dir_name(), *shown = directory ? escape(directory) : NULL;
    char *test = probing->test ? escape(probing->test) : NULL;
    json_t *command = json_array(), *options = json_array();

    for (char *const *word = probing->command; *word; word++) {
        char *text = escape(*word);
        json_array_append_new(command, text ? json_string(text) : NULL);
        free(text);
    }
    for (char *const *word = probing->tracer_options; *word; word++)
        json_array_append_new(options, json_string(*word));
    json_t *ret = json_pack("{s:s,s:o,s:s*,s:s,s:s,s:i,s:o}", "format", PROBING_JOURNAL, "command",
                            command, "test", test, "directory", shown, "by",
                            probing->by_library ? "library,syscall" : "syscall", "tries",
                            (int)probing->wanted, "options", options);
    free(directory);
    free(shown);
    free(test);
    return ret;
}

static int add_files(json_t *files, const struct run *run)
{
    for (size_t i = MODULE_FIRST; i < run->module_count; i++) {
        char *path = escape(run->modules[i].path);
        if (!path)
            return no_memory();
        if (*run->modules[i].identity)
            json_object_set_new(files, path, json_string(run->modules[i].identity));
        free(path);
    }
    return 0;
}

static int read_first(struct probing *probing, int fd, json_t *files)
{
    struct runfile_error text;
    struct run run;
    FILE *file = lseek(fd, 0, SEEK_SET) ? NULL : fdopen(dup(fd), "r");
    int error = file ? runfile_read(file, &run, &text) : -ENOMEM;

    if (!file)
        return no_memory();
    fclose(file);
    if (error)
        return complain("what the first run shows cannot be read: %s", text.text);
    error = add_files(files, &run);
    if (!error && pairs_of_run(&probing->pairs, &run, probing->options, probing->by_library))
        error = no_memory();
    run_deinit(&run);
    return error;
}

static int complain_of_first(const struct probing *probing, uint32_t number)
{
    const enum trial_end end = probing->first;
    char which[64] = "";

    if (end == TRIAL_TROUBLE)
        return complain_of_trouble();
    if (end == TRIAL_NOT_FOUND || end == TRIAL_NOT_EXECUTABLE)
        return complain_of(*probing->command, end == TRIAL_NOT_FOUND
                                                  ? "the command, or its interpreter, is not found"
                                                  : "the command cannot be executed");
    if (probing->wanted > 1)
        snprintf(which, sizeof(which), ", in run %" PRIu32 " of %" PRIu32, number + 1,
                 probing->wanted);
    return complain("the command does not work as it is, with no call taken away%s: %s", which,
                    end == TRIAL_HANGS ? "it takes longer than --limit"
                    : probing->test    ? "its test fails"
                                       : "its own status says that it fails");
}

/* One run with nothing taken away, into `fd`. */
static int look_once(struct probing *probing, uint32_t number, int fd, json_t *files,
                     uint64_t *longest, bool *outlives)
{
    enum trial_end end;
    uint64_t begun = clock_now();
    int slot = start(probing, "", fd);

    if (slot >= 0)
        slot = crew_wait(&probing->crew, &end);
    if (slot < 0)
        return slot;
    probing->first = end;
    if (end != TRIAL_WORKS && end != TRIAL_OUTLIVED)
        return complain_of_first(probing, number);
    uint64_t took = clock_now() - begun;
    *longest = took > *longest ? took : *longest;
    *outlives &= end == TRIAL_OUTLIVED;
    return read_first(probing, fd, files);
}

/* As often as each pair is tried, for who is not stable shows other pairs. Who fails by chance as
 * he is would have been told what he needs by chance. */
static int look(struct probing *probing, json_t *subject)
{
    json_t *files = json_object();
    uint64_t longest = 0;
    bool outlives = true;
    int error = files ? 0 : no_memory();

    remaining_begin(&probing->remaining, "as it is, with no call taken away");
    for (uint32_t i = 0; i < probing->wanted && !error; i++) {
        int fd = memfd_create("run", MFD_CLOEXEC);
        error = fd < 0 ? no_memory() : look_once(probing, i, fd, files, &longest, &outlives);
        if (fd >= 0)
            close(fd);
    }
    if (!error && probing->limit <= 0)
        probing->limit = ceil(10 * (TIMES_AS_LONG * (double)longest / 1e9 + MORE_SECONDS)) / 10;
    probing->outlives = outlives;
    if (!error)
        error = journal_begin(&probing->journal, subject, files);
    for (size_t i = 0; i < probing->journal.count; i++)
        note_result(&probing->pairs, probing->journal.runs[i].taken, probing->journal.runs[i].end);
    if (!error)
        error = journal_add_pairs(&probing->journal, &probing->pairs);
    json_decref(files);
    return error;
}

/* ---- The whole ---- */

static void tick(void *context)
{
    remaining_draw(&((struct probing *)context)->remaining);
}

int probing_begin(struct probing *probing, char *journal)
{
    json_t *subject = make_subject(probing);
    int error = journal_open(&probing->journal, journal, probing->resume, subject, &probing->pairs);

    probing->remaining.shows = !probing->quiet && isatty(STDERR_FILENO);
    probing->taken = calloc(probing->jobs, sizeof(*probing->taken));
    if (!error && (!subject || !probing->taken))
        error = no_memory();
    if (!error && crew_init(&probing->crew, probing->jobs, tick, probing))
        error = no_memory();
    if (!error)
        error = look(probing, subject);
    json_decref(subject);
    return error;
}

void probing_end(struct probing *probing)
{
    remaining_end(&probing->remaining);
    crew_deinit(&probing->crew);
}

void probing_deinit(struct probing *probing)
{
    for (unsigned i = 0; probing->taken && i < probing->jobs; i++)
        free(probing->taken[i]);
    free(probing->taken);
    pairs_deinit(&probing->pairs);
    journal_deinit(&probing->journal);
}
