/* diffgrid.c - what differs between two lots of runs as rows and columns. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/difference.h"

static const char *const names[CHANGES] = {
    [APPEARED] = "appeared",
    [ACCEPTED] = "accepted",
    [VANISHED] = "vanished",
    [CHANGED] = "changed",
};

const char *change_name(enum change_kind kind)
{
    return names[kind];
}

static struct grid_cell text(const char *text)
{
    return (struct grid_cell){ .kind = GRID_TEXT, .text = text };
}

static struct grid_cell number(uint64_t number)
{
    return (struct grid_cell){ .kind = GRID_NUMBER, .number = number };
}

/* ---- For programs ---- */

/* Behind the keys. */
static const char *const columns[] = { "old_calls",   "new_calls",   "old_runs", "new_runs",
                                       "old_inexact", "new_inexact", "reason" };

enum { COLUMNS = sizeof(columns) / sizeof(*columns) };

static void fill_row(const struct difference *difference, const struct change *change,
                     struct grid_cell *cells)
{
    const struct change_amounts *old = &change->amounts[OLD], *new = &change->amounts[NEW];

    *cells++ = text(names[change->kind]);
    for (size_t i = 0; i < difference->key_count; i++)
        *cells++ = text(change->texts[i]);
    *cells++ = number(old->calls);
    *cells++ = number(new->calls);
    *cells++ = number(old->runs);
    *cells++ = number(new->runs);
    *cells++ = number(old->inexact);
    *cells++ = number(new->inexact);
    *cells++ = text(change->reason ? change->reason : "");
}

int difference_grid(const struct difference *difference, struct grid *ret)
{
    size_t keys = difference->key_count;
    int error = grid_init(ret, 1 + keys + COLUMNS, difference->count, 0);

    if (error)
        return error;
    ret->columns[0] = "change";
    memcpy(ret->columns + 1, difference->keys, keys * sizeof(*ret->columns));
    memcpy(ret->columns + 1 + keys, columns, sizeof(columns));
    for (size_t i = 0; i < difference->count; i++)
        fill_row(difference, &difference->changes[i], ret->rows[i]);
    return 0;
}

/* ---- For people ---- */

/* Which sides have the calls, and whether there is a reason. */
static bool tells_side(enum change_kind kind, enum side side)
{
    return side == OLD ? kind == VANISHED || kind == CHANGED : kind != VANISHED;
}

static const char *calls_column(enum change_kind kind, enum side side)
{
    return kind != CHANGED ? "calls" : side == OLD ? "old calls" : "new calls";
}

static void fill_kind_row(const struct difference *difference, const struct change *change,
                          struct grid_cell *cells)
{
    for (size_t i = 0; i < difference->key_count; i++)
        *cells++ = text(change->texts[i]);
    for (int side = OLD; side < SIDES; side++)
        if (tells_side(change->kind, (enum side)side))
            *cells++ = number(change->amounts[side].calls);
    if (change->kind == ACCEPTED)
        *cells++ = text(change->reason);
    else if (change->kind != CHANGED)
        *cells++ = number(change->amounts[change->kind == APPEARED ? NEW : OLD].runs);
    if (change->kind == APPEARED)
        *cells++ = number(change->amounts[NEW].inexact);
}

static void name_kind_columns(const struct difference *difference, enum change_kind kind,
                              const char **ret)
{
    memcpy(ret, difference->keys, difference->key_count * sizeof(*ret));
    ret += difference->key_count;
    for (int side = OLD; side < SIDES; side++)
        if (tells_side(kind, (enum side)side))
            *ret++ = calls_column(kind, (enum side)side);
    if (kind != CHANGED)
        *ret++ = kind == ACCEPTED ? "reason" : "runs";
    if (kind == APPEARED)
        *ret++ = "inexact";
}

int difference_kind_grid(const struct difference *difference, enum change_kind kind,
                         struct grid *ret)
{
    size_t row = 0;
    int error =
        grid_init(ret, difference->key_count + 2 + (kind == APPEARED), difference->counts[kind], 0);

    if (error)
        return error;
    name_kind_columns(difference, kind, ret->columns);
    for (size_t i = 0; i < difference->count; i++)
        if (difference->changes[i].kind == kind)
            fill_kind_row(difference, &difference->changes[i], ret->rows[row++]);
    return 0;
}

/* ---- Upgrades ---- */

/* The identity's kind, if it is no build-id, and its first digits. */
static int print_label(FILE *file, const struct module *module)
{
    enum { DIGITS = 12 };
    const char *id = module_build_id(module), *colon = strchr(id, ':');
    int kind = colon ? (int)(colon + 1 - id) : 0;
    char *joined, *label;

    if (asprintf(&joined, "%s%s%.*s", module->name, *id ? " " : "", kind + DIGITS, id) < 0)
        return -ENOMEM;
    label = escape(joined);
    free(joined);
    if (label)
        fputs(label, file);
    free(label);
    return label ? 0 : -ENOMEM;
}

char *upgrade_label(const struct difference *difference, const struct upgrade *upgrade,
                    enum side side)
{
    char *labels = NULL;
    size_t size;
    FILE *file = open_memstream(&labels, &size);
    int error = file ? 0 : -ENOMEM;

    for (size_t i = 0; i < upgrade->counts[side] && !error; i++) {
        fputs(i ? ", " : "", file);
        error = print_label(file, &difference->sides->run.modules[upgrade->modules[side][i]]);
    }
    if (file && !fclose(file) && !error)
        return labels;
    free(labels);
    return NULL;
}

int difference_upgrade_grid(const struct difference *difference, struct grid *ret)
{
    static const char *const titles[] = { "library", "old", "new" };
    size_t rows = difference->upgrade_count;
    int error = grid_init(ret, 1 + SIDES, rows, rows * SIDES);

    if (error)
        return error;
    memcpy(ret->columns, titles, sizeof(titles));
    for (size_t row = 0; row < rows && !error; row++) {
        const struct upgrade *upgrade = &difference->upgrades[row];
        ret->rows[row][0] = text(upgrade->library);
        for (int side = OLD; side < SIDES; side++) {
            char *label = upgrade_label(difference, upgrade, (enum side)side);
            error = label ? error : -ENOMEM;
            ret->texts[row * SIDES + (size_t)side] = label;
            ret->rows[row][1 + side] = text(label);
        }
    }
    if (error)
        grid_deinit(ret);
    return error;
}
