/*
 * diffjson.c - what differs, in JSON: {"format": "systrace-lib-diff/1", "old": {"runs": 1, ...},
 * "new": {...}, "appeared": [...], "accepted": [...], "vanished": [...], "changed": [...],
 * "upgraded": [...]}; of a change the columns of the CSV.
 */
#include <errno.h>
#include <jansson.h>
#include "record/escape.h"
#include "report/difference.h"
#include "report/diffformats.h"

static json_t *make_cell(const struct grid_cell *cell)
{
    return cell->kind == GRID_TEXT ? json_string(cell->text)
                                   : json_integer((json_int_t)cell->number);
}

/* Without the first column, which says where in the file it stands. */
static json_t *make_row(const struct grid *grid, size_t row)
{
    json_t *object = json_object();
    int failed = !object;

    for (size_t i = 1; i < grid->column_count && !failed; i++)
        failed = json_object_set_new(object, grid->columns[i], make_cell(&grid->rows[row][i]));
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}

/* The rows of the changes of one kind. */
static json_t *make_changes(const struct difference *difference, const struct grid *grid,
                            enum change_kind kind)
{
    json_t *array = json_array();
    int failed = !array;

    for (size_t i = 0; i < difference->count && !failed; i++)
        if (difference->changes[i].kind == kind)
            failed = json_array_append_new(array, make_row(grid, i));
    if (!failed)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *make_file(const struct module *module)
{
    char *name = escape(module->name), *path = escape(module->path),
         *id = escape(module_build_id(module));
    json_t *object = json_pack("{s:s, s:s, s:s}", "name", name, "path", path, "build_id", id);

    free(name);
    free(path);
    free(id);
    return object;
}

static json_t *make_files(const struct difference *difference, const struct upgrade *upgrade,
                          enum side side)
{
    json_t *array = json_array();

    for (size_t i = 0; i < upgrade->counts[side]; i++)
        if (json_array_append_new(
                array, make_file(&difference->sides->run.modules[upgrade->modules[side][i]])))
            goto fail;
    return array;
fail:
    json_decref(array);
    return NULL;
}

static json_t *make_upgrades(const struct difference *difference)
{
    json_t *array = json_array();

    for (size_t i = 0; i < difference->upgrade_count; i++) {
        const struct upgrade *upgrade = &difference->upgrades[i];
        json_t *object = json_pack("{s:s, s:o, s:o}", "library", upgrade->library, "old",
                                   make_files(difference, upgrade, OLD), "new",
                                   make_files(difference, upgrade, NEW));
        if (json_array_append_new(array, object))
            goto fail;
    }
    return array;
fail:
    json_decref(array);
    return NULL;
}

static json_t *make_evidence(const struct evidence *evidence)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "files", (json_int_t)evidence->files, "runs",
                     (json_int_t)evidence->runs, "cut_short", (json_int_t)evidence->cut_short,
                     "calls", (json_int_t)evidence->calls, "incomplete",
                     (json_int_t)evidence->incomplete);
}

static json_t *make_keys(const struct difference *difference)
{
    json_t *array = json_array();

    for (size_t i = 0; i < difference->key_count; i++)
        if (json_array_append_new(array, json_string(difference->keys[i])))
            goto fail;
    return array;
fail:
    json_decref(array);
    return NULL;
}

static int fill(const struct difference *difference, const struct grid *grid, json_t *root)
{
    int failed = json_object_set_new(root, "format", json_string("systrace-lib-diff/1")) ||
                 json_object_set_new(root, "keys", make_keys(difference)) ||
                 json_object_set_new(root, "old", make_evidence(&difference->evidence[OLD])) ||
                 json_object_set_new(root, "new", make_evidence(&difference->evidence[NEW])) ||
                 json_object_set_new(root, "upgraded", make_upgrades(difference));

    for (int kind = 0; kind < CHANGES && !failed; kind++)
        failed = json_object_set_new(root, change_name((enum change_kind)kind),
                                     make_changes(difference, grid, (enum change_kind)kind));
    return failed ? -ENOMEM : 0;
}

int diffjson_print(FILE *file, const struct subject *subject)
{
    struct grid grid;
    int error = difference_grid(subject->difference, &grid);

    if (error)
        return error;
    json_t *root = json_object();
    error = fill(subject->difference, &grid, root);
    if (!error && json_dumpf(root, file, JSON_INDENT(1) | JSON_SORT_KEYS) && !ferror(file))
        error = -ENOMEM;
    putc('\n', file);
    json_decref(root);
    grid_deinit(&grid);
    return error;
}
