/* together.c - halves what does not work. */
#include "together.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "probe/taking.h"
#include "report/complain.h"

struct search {
    struct probing *probing;
    size_t *candidates, count;      /* numbers of pairs */
    size_t *members, members_count; /* those that go together so far, in their order */
    char *set;                      /* of these (taking.h) */
    long left;                      /* runs */
};

static int no_memory(void)
{
    complain("out of memory");
    return -ENOMEM;
}

/* ---- Asking ---- */

static enum way way_of(const struct pair *pair)
{
    return pair_answer(pair, WAY_STUB) == ANSWER_WORKS ? WAY_STUB : WAY_FAKE;
}

/* How often it has worked; -1 if it did not once. */
static long count_known(const struct journal *journal, const char *set)
{
    long ret = 0;

    for (size_t i = 0; i < journal->count; i++) {
        if (strcmp(journal->runs[i].taken, set) != 0)
            continue;
        if (journal->runs[i].end == TRIAL_FAILS || journal->runs[i].end == TRIAL_HANGS)
            return -1;
        ret++;
    }
    return ret;
}

/* Does it work without these? -EAGAIN: there are no runs left to find out. */
static int ask(struct search *search, const char *set, bool *ret)
{
    struct probing *probing = search->probing;
    enum trial_end end;
    size_t pair;
    enum way way;
    long known;
    int error = 0;

    if (taking_is_single(set, &pair, &way)) {
        *ret = true;
        return 0;
    }
    while ((known = count_known(&probing->journal, set)) >= 0 && known < (long)probing->wanted) {
        if (!search->left)
            return -EAGAIN;
        probing->remaining.left = (uint64_t)search->left--;
        error = probing_start(probing, set);
        error = error ? error : probing_wait(probing, &end);
        if (error < 0)
            return error;
    }
    *ret = known > 0;
    return 0;
}

/* ... without what is known to go together and this one. */
static int ask_with(struct search *search, const char *set, size_t pair, enum way way, bool *ret)
{
    char *larger = taking_with(set, &search->probing->pairs, pair, way);
    int error = larger ? ask(search, larger, ret) : no_memory();

    free(larger);
    return error;
}

/* ---- Those that do not go with the rest ---- */

/* The first so many of those that go together. NULL: no memory. */
static char *first_members(const struct search *search, size_t count)
{
    const struct pairs *pairs = &search->probing->pairs;
    char *ret = taking_none(pairs);

    for (size_t i = 0; ret && i < count; i++) {
        size_t number = search->members[i];
        enum way way = pairs->all[number].share == SHARE_STUB ? WAY_STUB : WAY_FAKE;
        char *larger = taking_with(ret, pairs, number, way);
        free(ret);
        ret = larger;
    }
    return ret;
}

static int ask_with_first(struct search *search, size_t count, size_t pair, enum way way, bool *ret)
{
    char *set = first_members(search, count);
    int error = set ? ask_with(search, set, pair, way, ret) : no_memory();

    free(set);
    return error;
}

/* With none of the others it works, with all of them it does not: with so many first ones of them
 * it does, and with one more it does not. That one is its partner. */
static int find_partner(struct search *search, size_t number)
{
    struct pair *pair = &search->probing->pairs.all[number];
    size_t works = 0, fails = search->members_count;
    bool answer = false;
    int error = 0;

    while (fails - works > 1 && !error) {
        size_t middle = works + (fails - works) / 2;
        error = ask_with_first(search, middle, number, way_of(pair), &answer);
        *(answer ? &works : &fails) = middle;
    }
    if (error)
        return error;
    size_t partner = search->members[fails - 1];
    const struct pair *other = &search->probing->pairs.all[partner];
    char *alone = taking_with("", &search->probing->pairs, partner,
                              other->share == SHARE_STUB ? WAY_STUB : WAY_FAKE);
    error = alone ? ask_with(search, alone, number, way_of(pair), &answer) : no_memory();
    free(alone);
    if (error)
        return error;
    pair->partner = (int64_t)partner;
    pair->alone = !answer;
    return 0;
}

/* ---- Those that do ---- */

static int add_member(struct search *search, size_t number, enum way way)
{
    char *larger = taking_with(search->set, &search->probing->pairs, number, way);

    if (!larger)
        return no_memory();
    free(search->set);
    search->set = larger;
    search->members[search->members_count++] = number;
    search->probing->pairs.all[number].share = way == WAY_STUB ? SHARE_STUB : SHARE_FAKE;
    return 0;
}

/* It does not go with the rest as it is: perhaps in the other way. */
static int try_other_way(struct search *search, size_t number)
{
    struct pair *pair = &search->probing->pairs.all[number];
    bool works = false;
    int error = pair_class(pair) == PAIR_EITHER
                    ? ask_with(search, search->set, number, WAY_FAKE, &works)
                    : 0;

    if (error)
        return error;
    if (works)
        return add_member(search, number, WAY_FAKE);
    pair->share = SHARE_OUT;
    return find_partner(search, number);
}

static int add_members(struct search *search, size_t from, size_t to)
{
    int error = 0;

    for (size_t i = from; i < to && !error; i++) {
        size_t number = search->candidates[i];
        error = add_member(search, number, way_of(&search->probing->pairs.all[number]));
    }
    return error;
}

static int ask_with_range(struct search *search, size_t from, size_t to, bool *ret)
{
    const struct pairs *pairs = &search->probing->pairs;
    char *set = strdup(search->set);
    int error;

    for (size_t i = from; set && i < to; i++) {
        size_t number = search->candidates[i];
        char *larger = taking_with(set, pairs, number, way_of(&pairs->all[number]));
        free(set);
        set = larger;
    }
    error = set ? ask(search, set, ret) : no_memory();
    free(set);
    return error;
}

/* Adds of these candidates what goes with the members. */
static int grow(struct search *search, size_t from, size_t to)
{
    bool works = false;
    size_t middle = from + (to - from) / 2;
    int error = ask_with_range(search, from, to, &works);

    if (error)
        return error;
    if (to - from == search->count)
        search->probing->at_once = works;
    if (works)
        return add_members(search, from, to);
    if (to - from == 1)
        return try_other_way(search, search->candidates[from]);
    error = grow(search, from, middle);
    return error ? error : grow(search, middle, to);
}

/* ---- The whole ---- */

static int init(struct search *search, struct probing *probing)
{
    size_t count = probing->pairs.count;

    *search = (struct search){
        .probing = probing,
        .candidates = calloc(count + 1, sizeof(*search->candidates)),
        .members = calloc(count + 1, sizeof(*search->members)),
        .set = taking_none(&probing->pairs),
        .left = probing->together,
    };
    if (!search->candidates || !search->members || !search->set)
        return no_memory();
    for (size_t i = 0; i < count; i++) {
        enum pair_class class = pair_class(&probing->pairs.all[i]);
        if (class == PAIR_REQUIRED || class == PAIR_UNSTABLE)
            continue;
        search->candidates[search->count++] = i;
        probing->pairs.all[i].share = SHARE_UNTRIED;
    }
    return 0;
}

int together_find(struct probing *probing)
{
    struct search search;
    int error = init(&search, probing);

    probing->candidates = search.count;
    remaining_end(&probing->remaining);
    probing->remaining = (struct remaining){ .shows = probing->remaining.shows, .at_most = true };
    if (!error && search.count)
        error = grow(&search, 0, search.count);
    free(search.candidates);
    free(search.members);
    free(search.set);
    return error == -EAGAIN ? 0 : error;
}
