/* difference.c - what two lots of runs differ in. */
#include "difference.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "report/cube.h"
#include "report/lastingname.h"

/* What is counted of each group, in this order behind the keys. */
static const enum measure measures[] = { MEASURE_CALLS, MEASURE_RUNS, MEASURE_INEXACT };

enum { MEASURE_COUNT = sizeof(measures) / sizeof(*measures) };

/* ---- The calls of each side ---- */

/* The same run, with the counts of one side. Only these are its own. -ENOMEM. */
static int make_view(const struct sides *sides, enum side side, struct run *ret)
{
    const struct run *run = &sides->run;

    *ret = *run;
    ret->counts = calloc(run->count_count + 1, sizeof(*ret->counts));
    ret->count_count = 0;
    for (size_t i = 0; ret->counts && i < run->count_count; i++)
        if (side_of(sides, run->counts[i].execution) == side)
            ret->counts[ret->count_count++] = run->counts[i];
    return ret->counts ? 0 : -ENOMEM;
}

static void collect_evidence(const struct sides *sides, enum side side, const struct run *view,
                             struct evidence *ret)
{
    *ret = (struct evidence){ .files = sides->files[side].count };
    for (uint32_t i = 0; i < view->execution_count; i++) {
        ret->runs += side_of(sides, i) == side;
        ret->cut_short += side_of(sides, i) == side && view->executions[i].cut_short;
    }
    for (size_t i = 0; i < view->count_count; i++) {
        bool complete = view->stacks.stacks[view->counts[i].stack].end == STACK_COMPLETE;
        ret->calls += view->counts[i].calls;
        ret->incomplete += complete ? 0 : view->counts[i].calls;
    }
}

/* The one order in which both sides are sorted and joined: of their texts, bytewise. (grid_sort()
 * has that of the CSV, in which some have an apostrophe.) */
static int compare_rows(const void *a, const void *b, void *context)
{
    struct grid_cell *const *left = a, *const *right = b;
    const struct difference *difference = context;
    int order = 0;

    for (size_t i = 0; i < difference->key_count && !order; i++)
        order = strcmp((*left)[i].text, (*right)[i].text);
    return order;
}

/* The groups of calls of one side, in that order. */
static int group_side(struct difference *difference, enum side side, const struct query *query,
                      struct grid *ret)
{
    struct run view;
    int error = make_view(difference->sides, side, &view);

    if (error)
        return error;
    collect_evidence(difference->sides, side, &view, &difference->evidence[side]);
    error = cube_grid(&view, &difference->values, query, ret);
    free(view.counts);
    if (!error)
        qsort_r(ret->rows, ret->row_count, sizeof(*ret->rows), compare_rows, difference);
    return error;
}

/* ---- What changed ---- */

/* By how much do the calls of one run differ? */
static bool differs_by(const struct difference *difference, const struct change *change)
{
    long double rates[SIDES];

    for (int side = OLD; side < SIDES; side++)
        rates[side] = (long double)change->amounts[side].calls / difference->evidence[side].runs;
    return rates[NEW] > rates[OLD] * difference->factor ||
           rates[OLD] > rates[NEW] * difference->factor;
}

/* The kind of a change, or CHANGES if there is none to tell of. */
static enum change_kind find_kind(const struct difference *difference, struct change *change,
                                  struct accepts *accepts)
{
    if (!change->amounts[NEW].calls)
        return VANISHED;
    if (change->amounts[OLD].calls)
        return difference->factor > 0 && differs_by(difference, change) ? CHANGED : CHANGES;
    const struct accept_entry *entry = accepts_find(accepts, change->texts);
    change->reason = entry ? entry->reason : NULL;
    return entry ? ACCEPTED : APPEARED;
}

/* Rows of the sides with the same texts; one may be NULL. */
static int add_change(struct difference *difference, struct grid_cell *const rows[static SIDES],
                      struct accepts *accepts)
{
    struct change *change = &difference->changes[difference->count];
    const struct grid_cell *any = rows[OLD] ? rows[OLD] : rows[NEW];

    *change = (struct change){ .texts = calloc(difference->key_count + 1, sizeof(char *)) };
    if (!change->texts)
        return -ENOMEM;
    for (size_t i = 0; i < difference->key_count; i++)
        change->texts[i] = any[i].text;
    for (int side = OLD; side < SIDES; side++) {
        const struct grid_cell *amounts = rows[side] ? rows[side] + difference->key_count : NULL;
        if (amounts)
            change->amounts[side] =
                (struct change_amounts){ amounts[0].number, amounts[1].number, amounts[2].number };
    }
    change->kind = find_kind(difference, change, accepts);
    if (change->kind == CHANGES) {
        free(change->texts);
        return 0;
    }
    difference->counts[change->kind]++;
    difference->count++;
    return 0;
}

/* Walks through both lists, which are in the same order. */
static int join(struct difference *difference, const struct grid *old, const struct grid *new,
                struct accepts *accepts)
{
    size_t i = 0, j = 0;
    int error = 0;

    difference->changes = calloc(old->row_count + new->row_count + 1, sizeof(struct change));
    if (!difference->changes)
        return -ENOMEM;
    while (!error && (i < old->row_count || j < new->row_count)) {
        int order = i == old->row_count   ? 1
                    : j == new->row_count ? -1
                                          : compare_rows(&old->rows[i], &new->rows[j], difference);
        struct grid_cell *const rows[SIDES] = { order <= 0 ? old->rows[i++] : NULL,
                                                order >= 0 ? new->rows[j++] : NULL };
        error = add_change(difference, rows, accepts);
    }
    return error;
}

/* Keeps the order of the texts, in which they came. */
static int sort_by_kind(struct difference *difference)
{
    struct change *sorted = calloc(difference->count + 1, sizeof(*sorted));
    size_t count = 0;

    if (!sorted)
        return -ENOMEM;
    for (int kind = 0; kind < CHANGES; kind++)
        for (size_t i = 0; i < difference->count; i++)
            if ((int)difference->changes[i].kind == kind)
                sorted[count++] = difference->changes[i];
    free(difference->changes);
    difference->changes = sorted;
    return 0;
}

static int find_changes(struct difference *difference, const struct query *query,
                        struct accepts *accepts)
{
    struct grid grids[SIDES] = { 0 };
    struct query own = *query;
    int error = 0;

    memcpy(own.measures, measures, sizeof(measures));
    own.measure_count = MEASURE_COUNT;
    for (int side = OLD; side < SIDES && !error; side++)
        error = group_side(difference, (enum side)side, &own, &grids[side]);
    if (!error)
        error = join(difference, &grids[OLD], &grids[NEW], accepts);
    if (!error)
        error = sort_by_kind(difference);
    grid_deinit(&grids[OLD]);
    grid_deinit(&grids[NEW]);
    return error;
}

/* ---- Upgraded libraries ---- */

static bool same_file(const struct module *a, const struct module *b)
{
    return *a->identity ? !strcmp(a->identity, b->identity)
                        : !*b->identity && !strcmp(a->name, b->name);
}

/* Is it on this side alone, be it that the other side has it in another place? */
static bool is_only_of(const struct difference *difference, uint32_t number, enum side side)
{
    const struct sides *sides = difference->sides;
    const struct run *run = &sides->run;

    if (!sides->has_module[side][number])
        return false;
    for (size_t i = 0; i < run->module_count; i++)
        if (sides->has_module[side == OLD ? NEW : OLD][i] &&
            !strcmp(difference->names[i], difference->names[number]) &&
            same_file(&run->modules[i], &run->modules[number]))
            return false;
    return true;
}

/* Did one of the calls that are compared come from it? */
static bool asks(const struct difference *difference, const bool *asking, const char *name)
{
    for (size_t i = 0; i < difference->sides->run.module_count; i++)
        if (asking[i] && !strcmp(difference->names[i], name))
            return true;
    return false;
}

static bool is_listed(const struct difference *difference, uint32_t number)
{
    for (uint32_t i = MODULE_FIRST; i < number; i++)
        if (!strcmp(difference->names[i], difference->names[number]))
            return true;
    return false;
}

static void upgrade_deinit(struct upgrade *upgrade)
{
    free(upgrade->library);
    free(upgrade->modules[OLD]);
    free(upgrade->modules[NEW]);
}

/* Has the side a file of this module's name? */
static bool has_name(const struct difference *difference, uint32_t number, enum side side)
{
    const struct sides *sides = difference->sides;

    for (uint32_t i = MODULE_FIRST; i < sides->run.module_count; i++)
        if (sides->has_module[side][i] && !strcmp(difference->names[i], difference->names[number]))
            return true;
    return false;
}

/* The files of one name that only one side has. If both have some, it is an upgrade; and if NEW has
 * another besides those of OLD, that must not go unseen. */
static int add_upgrade(struct difference *difference, uint32_t first)
{
    size_t modules = difference->sides->run.module_count;
    struct upgrade upgrade = { .library = escape(difference->names[first]) };
    int error = upgrade.library ? 0 : -ENOMEM;

    for (int side = OLD; side < SIDES && !error; side++) {
        upgrade.modules[side] = calloc(modules, sizeof(uint32_t));
        error = upgrade.modules[side] ? 0 : -ENOMEM;
        for (uint32_t i = first; i < modules && !error; i++)
            if (!strcmp(difference->names[i], difference->names[first]) &&
                is_only_of(difference, i, (enum side)side))
                upgrade.modules[side][upgrade.counts[side]++] = i;
    }
    if (!error && upgrade.counts[NEW] && has_name(difference, first, OLD))
        difference->upgrades[difference->upgrade_count++] = upgrade;
    else
        upgrade_deinit(&upgrade);
    return error;
}

static int compare_upgrades(const void *a, const void *b)
{
    return strcmp(((const struct upgrade *)a)->library, ((const struct upgrade *)b)->library);
}

/* Which modules ask for what is compared; all, if nothing is left out. NULL: no memory. */
static bool *find_asking(const struct difference *difference, const struct query *query)
{
    const struct run *run = &difference->sides->run;
    bool *asking = calloc(run->module_count, sizeof(*asking));

    if (asking && !query->filter_count)
        memset(asking, true, run->module_count);
    for (size_t i = 0; asking && i < run->count_count; i++) {
        uint32_t library = callers_known(&difference->callers, run->counts[i].stack)->library;
        asking[difference->callers.libraries[library].module] = true;
    }
    return asking;
}

static int find_upgrades(struct difference *difference, const struct query *query)
{
    const struct run *run = &difference->sides->run;
    bool *asking = find_asking(difference, query);
    int error = 0;

    difference->upgrades = calloc(run->module_count, sizeof(struct upgrade));
    if (!asking || !difference->upgrades)
        error = -ENOMEM;
    for (uint32_t i = MODULE_FIRST; i < run->module_count && !error; i++)
        if (!is_listed(difference, i) && asks(difference, asking, difference->names[i]))
            error = add_upgrade(difference, i);
    free(asking);
    if (!error)
        qsort(difference->upgrades, difference->upgrade_count, sizeof(struct upgrade),
              compare_upgrades);
    return error;
}

/* ---- The whole ---- */

static int name_keys(struct difference *difference, const struct query *query)
{
    difference->keys = calloc(query->by_count + 1, sizeof(*difference->keys));
    if (!difference->keys)
        return -ENOMEM;
    difference->key_count = query->by_count;
    for (size_t i = 0; i < query->by_count; i++)
        difference->keys[i] = keys_all[query->by[i]].name;
    return 0;
}

static int compare(struct difference *difference, const struct query *query,
                   struct accepts *accepts)
{
    const struct caller *last;
    int error = callers_find(&difference->callers, difference->sides->run.stacks.count - 1, &last);

    if (!error)
        error = name_keys(difference, query);
    if (!error)
        error = find_changes(difference, query, accepts);
    if (!error)
        error = find_upgrades(difference, query);
    return error;
}

int difference_init(struct difference *difference, struct sides *sides,
                    const struct table_options *options, const struct query *query,
                    struct accepts *accepts, double factor)
{
    int error = -ENOMEM;

    *difference = (struct difference){ .sides = sides, .factor = factor };
    if (!(difference->names = lasting_names(&sides->run)))
        return error;
    if ((error = callers_init(&difference->callers, &sides->run, options)))
        goto no_callers;
    if ((error = keys_init(&difference->values, &sides->run, &difference->callers, &query->groups)))
        goto no_keys;
    difference->values.module_names = (const char *const *)difference->names;
    if ((error = compare(difference, query, accepts)))
        difference_deinit(difference);
    return error;
no_keys:
    callers_deinit(&difference->callers);
no_callers:
    lasting_names_free(difference->names, &sides->run);
    return error;
}

void difference_deinit(struct difference *difference)
{
    for (size_t i = 0; i < difference->count; i++)
        free(difference->changes[i].texts);
    for (size_t i = 0; i < difference->upgrade_count; i++)
        upgrade_deinit(&difference->upgrades[i]);
    free(difference->changes);
    free(difference->upgrades);
    free(difference->keys);
    keys_deinit(&difference->values);
    callers_deinit(&difference->callers);
    lasting_names_free(difference->names, &difference->sides->run);
    *difference = (struct difference){ 0 };
}
