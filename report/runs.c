/* runs.c - reads run files, merges them, selects calls. */
#include "runs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "record/runfile.h"
#include "report/complain.h"
#include "report/keys.h"
#include "report/selection.h"

static int add(struct run *run, const char *path)
{
    struct run other;
    struct runfile_error error;

    if (runfile_load(path, &other, &error))
        return complain_of(path, error.text);
    int number = run_merge(run, &other);
    run_deinit(&other);
    if (number == -EEXIST)
        return complain_of(path,
                           "it has a run that an earlier file has too, which would count twice");
    if (number == -EOVERFLOW)
        return complain_of(path, "with the files before it there are more than 2^63 calls");
    return number ? complain_of(path, strerror(-number)) : 0;
}

int runs_add(struct run *run, char *const *paths, size_t count)
{
    int error = 0;

    for (size_t i = 0; i < count && !error; i++)
        error = add(run, paths[i]);
    return error;
}

static int select_by(struct run *run, struct callers *callers, const struct query *query,
                     const char *const *names)
{
    struct keys keys;
    const struct caller *last;
    int error = callers_find(callers, run->stacks.count - 1, &last);

    if (error)
        return error;
    error = keys_init(&keys, run, callers, &query->groups);
    if (error)
        return error;
    keys.module_names = names;
    error = selection_check_groups(&keys, &query->groups, complain_line);
    if (!error)
        error = selection_apply(run, &keys, query, complain_line);
    keys_deinit(&keys);
    return error;
}

/* Is there a phase of service? */
static bool serves(const struct run *run, char *const *serving)
{
    for (uint32_t i = 0; i < run->phase_count; i++)
        if (needs_is_serving(run, i, serving))
            return true;
    return false;
}

static int complain_of_phases(const struct run *run)
{
    char names[256] = "";
    size_t used = 0;

    for (size_t i = 1; i < run->phase_count && used < sizeof(names); i++) {
        char *name = escape(run->phases[i]);
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i > 1 ? ", " : "",
                                 name ? name : "?");
        free(name);
    }
    if (!*names)
        return complain("the key needed is of runs with phases: record them with --phase or "
                        "--control");
    return complain("--serving names no phase that there is: %s", names);
}

int runs_select(struct run *run, const struct table_options *options, const struct query *query,
                const char *const *names)
{
    struct callers callers;

    if (query_asks_for(query, key_parse("needed")) && !serves(run, query->groups.serving))
        return complain_of_phases(run);
    if (!query->filter_count && !query->groups.count)
        return 0;
    int error = callers_init(&callers, run, options);
    if (!error) {
        error = select_by(run, &callers, query, names);
        callers_deinit(&callers);
    }
    if (error) {
        complain("%s", strerror(-error));
        return error;
    }
    return run->count_count || !query->filter_count
               ? 0
               : complain("no calls are left by --where and --under");
}
