/* pairs.c - which pairs there are, and what is known of each. */
#include "pairs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "record/escape.h"
#include "report/table.h"

void pairs_deinit(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++)
        free(pairs->all[i].library);
    free(pairs->all);
    *pairs = (struct pairs){ 0 };
}

struct pair *pairs_add(struct pairs *pairs, const char *library, enum abi abi, uint32_t nr)
{
    for (size_t i = 0; i < pairs->count; i++) {
        struct pair *pair = &pairs->all[i];
        if (pair->abi == abi && pair->nr == nr && !strcmp(pair->library, library))
            return pair;
    }
    char *copy = strdup(library);
    if (!copy || !ARRAY_ROOM(pairs->all, pairs->count, pairs->capacity)) {
        free(copy);
        return NULL;
    }
    struct pair *pair = &pairs->all[pairs->count++];
    *pair = (struct pair){ .library = copy, .abi = abi, .nr = nr, .partner = PAIR_NONE };
    return pair;
}

/* Calls are those of the run that shows the pair first: of those behind `known`. */
static int add_row(struct pairs *pairs, const struct table *table, const struct table_row *row,
                   bool by_library, size_t known)
{
    if (!row->calls || table->callers.libraries[row->library].module == MODULE_START)
        return 0;
    char *library = by_library ? escape(table_module(table, row)->name) : strdup("");
    struct pair *pair = library ? pairs_add(pairs, library, row->abi, row->nr) : NULL;

    if (pair && (size_t)(pair - pairs->all) >= known)
        pair->calls += row->calls;
    free(library);
    return pair ? 0 : -ENOMEM;
}

int pairs_of_run(struct pairs *pairs, struct run *run, const struct table_options *options,
                 bool by_library)
{
    struct table table;
    struct table_row *rows = NULL;
    size_t count = 0, known = pairs->count;
    int error = table_build(run, options, &table);

    if (error)
        return error;
    error = table_sum(&table, TABLE_LIBRARY | TABLE_SYSCALL, &rows, &count);
    for (size_t i = 0; i < count && !error; i++)
        error = add_row(pairs, &table, &rows[i], by_library, known);
    free(rows);
    table_deinit(&table);
    return error;
}

enum answer pair_answer(const struct pair *pair, enum way way)
{
    const uint32_t *results = pair->results[way];

    if (results[TRIAL_WORKS])
        return results[TRIAL_FAILS] + results[TRIAL_HANGS] ? ANSWER_UNSTABLE : ANSWER_WORKS;
    if (results[TRIAL_FAILS])
        return ANSWER_FAILS;
    return results[TRIAL_HANGS]    ? ANSWER_HANGS
           : results[TRIAL_UNMADE] ? ANSWER_UNMADE
                                   : ANSWER_NONE;
}

uint32_t pair_missing(const struct pair *pair, enum way way, uint32_t wanted)
{
    const uint32_t *results = pair->results[way];
    uint32_t made = results[TRIAL_WORKS] + results[TRIAL_FAILS] + results[TRIAL_HANGS];
    uint32_t unmade = results[TRIAL_UNMADE];

    wanted += unmade < PAIR_MORE ? unmade : PAIR_MORE;
    if (pair_answer(pair, way) == ANSWER_UNSTABLE || made + unmade >= wanted)
        return 0;
    return wanted - made - unmade;
}

const char *way_name(enum way way)
{
    return way == WAY_STUB ? "stub" : "fake";
}

const char *answer_name(enum answer answer)
{
    static const char *const names[ANSWERS] = {
        "", "works", "fails", "hangs", "unstable", "unmade"
    };

    return names[answer];
}

enum pair_class pair_class(const struct pair *pair)
{
    const enum answer stub = pair_answer(pair, WAY_STUB), fake = pair_answer(pair, WAY_FAKE);
    const bool stubs = stub == ANSWER_WORKS, fakes = fake == ANSWER_WORKS;

    if (stub >= ANSWER_UNSTABLE || fake >= ANSWER_UNSTABLE || !stub || !fake)
        return PAIR_UNSTABLE;
    if (stubs && fakes)
        return PAIR_EITHER;
    return stubs ? PAIR_STUB : fakes ? PAIR_FAKE : PAIR_REQUIRED;
}

const char *pair_class_name(enum pair_class class)
{
    static const char *const names[PAIR_CLASSES] = { "required", "fake", "stub", "either",
                                                     "unstable" };

    return names[class];
}
