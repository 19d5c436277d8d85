/* singly.c - goes through all pairs and ways. */
#include "singly.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "probe/taking.h"
#include "report/complain.h"

static int no_memory(void)
{
    complain("out of memory");
    return -ENOMEM;
}

static uint64_t count_missing(const struct probing *probing)
{
    uint64_t ret = 0;

    for (size_t i = 0; i < probing->pairs.count; i++)
        for (int way = 0; way < WAYS; way++)
            ret += pair_missing(&probing->pairs.all[i], (enum way)way, probing->wanted);
    return ret;
}

/* Is a run without these being made? */
static bool is_running(const struct probing *probing, const char *taken)
{
    for (unsigned i = 0; i < probing->crew.size; i++)
        if (probing->crew.keepers[i] && !strcmp(probing->taken[i], taken))
            return true;
    return false;
}

/* What to try next, from this question on, a pair and a way; "": nothing at the moment. NULL: no
 * memory. */
static char *choose(const struct probing *probing, size_t *question)
{
    for (; *question < probing->pairs.count * WAYS; ++*question) {
        size_t pair = *question / WAYS;
        enum way way = (enum way)(*question % WAYS);
        if (!pair_missing(&probing->pairs.all[pair], way, probing->wanted))
            continue;
        char *taken = taking_with("", &probing->pairs, pair, way);
        if (!taken || !is_running(probing, taken))
            return taken;
        free(taken);
    }
    return taking_none(&probing->pairs);
}

/* Gives each free member something to do. How many then work, or an error. */
static int keep_busy(struct probing *probing)
{
    size_t question = 0;
    int busy = 0, error = 0;

    while (!error && crew_free(&probing->crew) >= 0) {
        char *taken = choose(probing, &question);
        bool some = taken && *taken;
        error = !taken ? no_memory() : some ? probing_start(probing, taken) : 0;
        free(taken);
        if (!some)
            break;
    }
    for (unsigned i = 0; i < probing->crew.size; i++)
        busy += probing->crew.keepers[i] > 0;
    return error ? error : busy;
}

int singly_try(struct probing *probing)
{
    enum trial_end end;
    int busy, error = 0;

    remaining_end(&probing->remaining);
    probing->remaining = (struct remaining){ .shows = probing->remaining.shows };
    probing->remaining.left = count_missing(probing);
    if (!probing->quiet)
        fprintf(stderr, "systrace-lib: %zu %s, %" PRIu64 " runs of at most %.1f s each\n",
                probing->pairs.count, probing->by_library ? "pairs" : "system calls",
                probing->remaining.left, probing->limit);
    while (!error && (busy = keep_busy(probing)) > 0) {
        error = probing_wait(probing, &end);
        probing->remaining.left = count_missing(probing);
    }
    return error ? error : busy;
}
