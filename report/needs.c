/* needs.c - notes of each library and system call the phases that it was asked for in. */
#include "needs.h"

#include <errno.h>
#include <stdlib.h>
#include "record/array.h"
#include "record/escape.h"
#include "report/glob.h"

bool needs_is_serving(const struct run *run, uint32_t phase, char *const *serving)
{
    char *name = phase && serving ? escape(run->phases[phase]) : NULL;
    bool ret = phase && !serving;

    for (; name && *serving && !ret; serving++)
        ret = glob_matches(*serving, name);
    free(name);
    return ret;
}

uint64_t needs_pair(const struct callers *callers, const struct count *count)
{
    return (uint64_t)callers_known(callers, count->stack)->library << 34 |
           (uint64_t)count->abi << 32 | count->nr;
}

static unsigned when(const struct callers *callers, const bool *serves, const struct count *count)
{
    switch (callers_known(callers, count->stack)->verdict.phase) {
    case PHASE_MAIN:
        return serves[count->phase] ? NEED_SERVING : NEED_BEFORE;
    case PHASE_EXIT:
        return NEED_EXIT;
    default:
        return NEED_BEFORE;
    }
}

/* The number of the pair, or SLOTS_NONE. */
static uint32_t find(const struct needs *needs, uint64_t pair)
{
    return SLOTS_FIND(i, &needs->slots, slots_mix(0, pair), needs->all[i].pair == pair);
}

static int add(struct needs *needs, uint64_t pair, unsigned when)
{
    uint32_t found = find(needs, pair);

    if (found != SLOTS_NONE) {
        needs->all[found].when |= when;
        return 0;
    }
    if (!ARRAY_ROOM(needs->all, needs->count, needs->capacity))
        return -ENOMEM;
    needs->all[needs->count] = (struct library_need){ pair, when };
    return slots_add(&needs->slots, slots_mix(0, pair), (uint32_t)needs->count++);
}

int needs_init(struct needs *needs, const struct run *run, const struct callers *callers,
               char *const *serving)
{
    bool *serves = calloc(run->phase_count, sizeof(*serves));
    int error = serves ? 0 : -ENOMEM;

    *needs = (struct needs){ 0 };
    for (size_t i = 0; i < run->phase_count && !error; i++)
        needs->known |= serves[i] = needs_is_serving(run, (uint32_t)i, serving);
    for (size_t i = 0; i < run->count_count && !error; i++)
        error = add(needs, needs_pair(callers, &run->counts[i]),
                    when(callers, serves, &run->counts[i]));
    free(serves);
    if (error)
        needs_deinit(needs);
    return error;
}

void needs_deinit(struct needs *needs)
{
    free(needs->all);
    slots_deinit(&needs->slots);
    *needs = (struct needs){ 0 };
}

const char *needs_find(const struct needs *needs, uint64_t pair)
{
    static const char *const names[] = {
        [NEED_BEFORE] = "before",
        [NEED_SERVING] = "serving",
        [NEED_BEFORE | NEED_SERVING] = "before+serving",
        [NEED_EXIT] = "exit",
        [NEED_BEFORE | NEED_EXIT] = "before+exit",
        [NEED_SERVING | NEED_EXIT] = "serving+exit",
        [NEED_BEFORE | NEED_SERVING | NEED_EXIT] = "before+serving+exit",
    };
    return needs->known ? names[needs->all[find(needs, pair)].when] : "";
}
