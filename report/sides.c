/* sides.c - two lots of run files as one run. */
#include "sides.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/complain.h"
#include "report/runs.h"

static bool has_id(const struct run *run, const char *id)
{
    for (size_t i = 0; i < run->execution_count; i++)
        if (!strcmp(run->executions[i].id, id))
            return true;
    return false;
}

/* An execution may be on both sides, as in a comparison with itself: ids that the merge would
 * refuse end in what no id has. */
static void make_distinct(const struct run *old, struct run *new)
{
    for (size_t i = 0; i < new->execution_count; i++) {
        char *id = new->executions[i].id;
        if (has_id(old, id) && *id)
            id[strlen(id) - 1] = '+';
    }
}

/* The modules that the run has now are of this side. */
static int note_modules(struct sides *sides, enum side side, const struct run *run)
{
    for (size_t i = 0; i < run->module_count; i++) {
        struct module module = run->modules[i];
        module.loads = 0; /* they are counted already */
        int64_t number = run_module(&sides->run, &module);
        if (number < 0)
            return (int)number;
        sides->has_module[side][number] = true;
    }
    return 0;
}

static int merge_new(struct sides *sides, struct run *new)
{
    size_t old_modules = sides->run.module_count;

    make_distinct(&sides->run, new);
    int error = run_merge(&sides->run, new);
    for (int side = OLD; side < SIDES && !error; side++)
        if (!(sides->has_module[side] = calloc(sides->run.module_count, sizeof(bool))))
            error = -ENOMEM;
    if (error)
        return error;
    memset(sides->has_module[OLD], true, old_modules);
    return note_modules(sides, NEW, new);
}

static int load_new(struct sides *sides)
{
    const struct side_files *files = &sides->files[NEW];
    struct run new;

    if (run_init(&new))
        return complain("%s", strerror(ENOMEM));
    int error = runs_add(&new, files->paths, files->count);
    if (!error && (error = merge_new(sides, &new)))
        complain("%s", strerror(-error));
    run_deinit(&new);
    return error;
}

int sides_load(struct sides *sides, const struct side_files files[static SIDES])
{
    *sides = (struct sides){ .files = { files[OLD], files[NEW] } };
    if (run_init(&sides->run))
        return complain("%s", strerror(ENOMEM));
    int error = runs_add(&sides->run, files[OLD].paths, files[OLD].count);
    sides->old_executions = sides->run.execution_count;
    if (!error)
        error = load_new(sides);
    if (error)
        sides_deinit(sides);
    return error;
}

void sides_deinit(struct sides *sides)
{
    free(sides->has_module[OLD]);
    free(sides->has_module[NEW]);
    run_deinit(&sides->run);
}
