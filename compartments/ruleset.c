/* ruleset.c - adds up the calls of compartments. */
#include "ruleset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/sampling.h"

enum { WHOLES = 2 }; /* parts that are no compartments: the process, and its start */

static size_t part_count(const struct ruleset *ruleset)
{
    return ruleset->count + WHOLES;
}

/* ---- Uses ---- */

/* Calls of one count of the run, by what they are told apart by: first the rule, then who asked. */
struct use {
    uint32_t part; /* index of ruleset.parts */
    const char *phase, *name;
    uint32_t abi, nr;
    const char *library, *entry, *via;
    uint32_t execution;
    uint64_t calls, inexact, incomplete;
};

enum { USES_MAX = 3 }; /* of a count */

struct uses {
    struct use *all;
    size_t count;
    char *
        *libraries; /* by index in callers.libraries, as membership_library_name(); NULL: not yet */
};

/* The keys (keys.h) that uses are made of. */
enum { BY_PHASE, BY_SYSCALL, BY_ENTRY, BY_VIA, BY_KEYS };
static const char *const key_names_used[BY_KEYS] = { "phase", "syscall", "entry", "via" };

static int find_texts(struct keys *keys, const struct count *count, const char **ret)
{
    for (int i = 0; i < BY_KEYS; i++) {
        int64_t value = keys_of_count(keys, key_parse(key_names_used[i]), count);
        if (value < 0)
            return (int)value;
        ret[i] = keys->values.texts[value];
    }
    return 0;
}

static int make_use(struct uses *uses, const struct ruleset *ruleset, struct keys *keys,
                    const struct count *count, struct use *ret)
{
    const struct caller *caller = callers_known(keys->callers, count->stack);
    const char *texts[BY_KEYS];
    char **library = &uses->libraries[caller->library];

    if (!*library)
        *library = membership_library_name(keys->callers, caller->library);
    if (!*library || find_texts(keys, count, texts))
        return -ENOMEM;
    *ret = (struct use){
        .phase = ruleset->by_phase ? texts[BY_PHASE] : "",
        .name = texts[BY_SYSCALL],
        .abi = count->abi,
        .nr = count->nr,
        .library = *library,
        .entry = texts[BY_ENTRY],
        .via = texts[BY_VIA],
        .execution = count->execution,
        .calls = count->calls,
        .inexact = caller->verdict.inexact ? count->calls : 0,
        .incomplete =
            keys->run->stacks.stacks[count->stack].end != STACK_COMPLETE ? count->calls : 0,
    };
    return 0;
}

/* Is it of phase `load`, or before the phases of service, if there are any? */
static bool is_of_start(const struct ruleset *ruleset, const struct callers *callers,
                        const struct count *count)
{
    const int phase = callers_known(callers, count->stack)->verdict.phase;

    return phase == PHASE_LOAD || (phase == PHASE_MAIN && ruleset->has_service && !count->phase);
}

static void add_use(struct uses *uses, const struct use *use, size_t part)
{
    uses->all[uses->count] = *use;
    uses->all[uses->count++].part = (uint32_t)part;
}

/* One for the process, one for its start and one for the compartment, if the call is of these. */
static int add_count(struct uses *uses, struct ruleset *ruleset, struct keys *keys,
                     const struct membership *membership, const struct count *count)
{
    const uint32_t member = membership_of_stack(membership, count->stack);
    struct use use;

    ruleset->calls += count->calls;
    ruleset->start += member == MEMBER_START ? count->calls : 0;
    ruleset->loader += member == MEMBER_LOADER ? count->calls : 0;
    ruleset->unknown += member == MEMBER_UNKNOWN ? count->calls : 0;
    if (member == MEMBER_START || !count->calls)
        return 0;
    int error = make_use(uses, ruleset, keys, count, &use);
    if (error)
        return error;
    add_use(uses, &use, (size_t)(ruleset->process - ruleset->parts));
    if (is_of_start(ruleset, keys->callers, count))
        add_use(uses, &use, (size_t)(ruleset->starting - ruleset->parts));
    if (member < ruleset->count)
        add_use(uses, &use, member);
    return 0;
}

static int compare_users(const struct use *one, const struct use *other)
{
    int order = strcmp(one->library, other->library);

    order = order ? order : strcmp(one->entry, other->entry);
    return order ? order : strcmp(one->via, other->via);
}

static int compare_rules(const struct use *one, const struct use *other)
{
    int order = (one->part > other->part) - (one->part < other->part);

    order = order ? order : strcmp(one->phase, other->phase);
    order = order ? order : strcmp(one->name, other->name);
    return order ? order : (int)one->abi - (int)other->abi;
}

static int compare_uses(const void *a, const void *b)
{
    int order = compare_rules(a, b);

    return order ? order : compare_users(a, b);
}

static void uses_deinit(struct uses *uses, size_t library_count)
{
    for (size_t i = 0; uses->libraries && i < library_count; i++)
        free(uses->libraries[i]);
    free(uses->libraries);
    free(uses->all);
}

static int uses_init(struct uses *uses, struct ruleset *ruleset, struct keys *keys,
                     const struct membership *membership)
{
    const struct run *run = keys->run;
    int error = 0;

    *uses = (struct uses){
        .all = calloc(USES_MAX * run->count_count + 1, sizeof(*uses->all)),
        .libraries = calloc(keys->callers->library_count + 1, sizeof(*uses->libraries)),
    };
    if (!uses->all || !uses->libraries)
        error = -ENOMEM;
    for (size_t i = 0; i < run->count_count && !error; i++)
        error = add_count(uses, ruleset, keys, membership, &run->counts[i]);
    if (error)
        uses_deinit(uses, keys->callers->library_count);
    else
        qsort(uses->all, uses->count, sizeof(*uses->all), compare_uses);
    return error;
}

/* ---- Who asked ---- */

enum { USERS_SHOWN = 3, NAME_SHOWN = 200 }; /* bytes of the names of templates */

struct user {
    const struct use *use;
    uint64_t calls;
};

/* Those with the most calls, in the order of these; of equal ones the first. */
static void add_user(struct user *shown, struct user user)
{
    for (int i = 0; i < USERS_SHOWN; i++)
        if (user.calls > shown[i].calls) {
            struct user less = shown[i];
            shown[i] = user;
            user = less;
        }
}

static void print_user(FILE *file, const struct user *user)
{
    const struct use *use = user->use;

    fprintf(file, "; %" PRIu64 " by %.*s", user->calls, NAME_SHOWN, use->library);
    if (*use->entry)
        fprintf(file, ": %.*s", NAME_SHOWN, use->entry);
    if (*use->via)
        fprintf(file, " via %.*s", NAME_SHOWN, use->via);
}

/* Of the uses of one rule. To be freed; NULL: no memory. */
static char *describe_users(const struct use *uses, size_t count)
{
    struct user shown[USERS_SHOWN] = { 0 };
    size_t users = 0, size;
    char *text = NULL;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    for (size_t i = 0, end; i < count; i = end, users++) {
        struct user user = { .use = &uses[i] };
        for (end = i; end < count && !compare_users(&uses[i], &uses[end]); end++)
            user.calls += uses[end].calls;
        add_user(shown, user);
    }
    for (size_t i = 0; i < USERS_SHOWN && i < users; i++)
        print_user(file, &shown[i]);
    if (users > USERS_SHOWN)
        fprintf(file, "; and %zu more", users - USERS_SHOWN);
    if (!fclose(file))
        return text;
    free(text);
    return NULL;
}

/* ---- Rules ---- */

static size_t rule_end(const struct uses *uses, size_t start)
{
    size_t end = start;

    while (end < uses->count && !compare_rules(&uses->all[start], &uses->all[end]))
        end++;
    return end;
}

/* `stamps`: by execution, the number of the rule that counted it last. */
static int make_call(const struct uses *uses, size_t start, size_t end, size_t *stamps,
                     struct ruleset_call *ret)
{
    const struct use *first = &uses->all[start];

    *ret = (struct ruleset_call){ .abi = (enum abi)first->abi,
                                  .nr = first->nr,
                                  .phase = first->phase,
                                  .users = describe_users(first, end - start) };
    strncpy(ret->name, first->name, sizeof(ret->name) - 1);
    for (size_t i = start; i < end; i++) {
        const struct use *use = &uses->all[i];
        ret->calls += use->calls;
        ret->inexact += use->inexact;
        ret->incomplete += use->incomplete;
        ret->runs += stamps[use->execution] != end;
        stamps[use->execution] = end;
    }
    return ret->users ? 0 : -ENOMEM;
}

static int add_rule(struct ruleset_part *part, const struct uses *uses, size_t start, size_t end,
                    size_t *stamps)
{
    struct ruleset_call *grown = reallocarray(part->calls, part->count + 1, sizeof(*part->calls));

    if (!grown)
        return -ENOMEM;
    part->calls = grown;
    struct ruleset_call *call = &grown[part->count++];
    int error = make_call(uses, start, end, stamps, call);
    part->total += call->calls;
    part->inexact += call->inexact;
    part->incomplete += call->incomplete;
    return error ? error : allowlist_add(&part->list, call->abi, call->nr, ALLOWED_SEEN);
}

static int add_rules(struct ruleset *ruleset, const struct uses *uses, size_t executions)
{
    size_t *stamps = calloc(executions + 1, sizeof(*stamps));
    int error = stamps ? 0 : -ENOMEM;

    for (size_t start = 0, end; start < uses->count && !error; start = end) {
        end = rule_end(uses, start);
        error = add_rule(&ruleset->parts[uses->all[start].part], uses, start, end, stamps);
    }
    for (size_t i = 0; i < part_count(ruleset); i++)
        allowlist_sort(&ruleset->parts[i].list);
    free(stamps);
    return error;
}

/* ---- What runs have not shown ---- */

/* The place of the call in the list of its part. */
static size_t find_allowed(const struct allowlist *list, const struct use *use)
{
    size_t place = 0;

    while (list->calls[place].abi != (enum abi)use->abi ||
           strcmp(list->calls[place].name, use->name) != 0)
        place++;
    return place;
}

/* The uses of one part, which are one behind the other. */
static int estimate_part(struct ruleset_part *part, const struct use *uses, size_t count)
{
    struct sampled *all = calloc(count + 1, sizeof(*all));
    struct sampling sampling;
    size_t thing = 0;

    for (size_t i = 0; i < count && all; i++) {
        if (!i || compare_rules(&uses[i - 1], &uses[i]))
            thing = find_allowed(&part->list, &uses[i]);
        all[i] = (struct sampled){ thing, uses[i].execution };
    }
    int error = all ? sampling_init(&sampling, all, count, 0) : -ENOMEM;
    free(all);
    if (error)
        return error;
    part->richness = sampling.richness;
    sampling_deinit(&sampling);
    return 0;
}

static int estimate(struct ruleset *ruleset, const struct uses *uses)
{
    int error = 0;

    for (size_t i = 0, end; i < uses->count && !error; i = end) {
        for (end = i; end < uses->count && uses->all[end].part == uses->all[i].part;)
            end++;
        error = estimate_part(&ruleset->parts[uses->all[i].part], &uses->all[i], end - i);
    }
    return error;
}

/* ---- Libraries ---- */

static int compare_libraries(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_library(struct ruleset_part *part, const char *name)
{
    for (size_t i = 0; i < part->library_count; i++)
        if (!strcmp(part->libraries[i], name))
            return 0;
    char **grown = reallocarray(part->libraries, part->library_count + 1, sizeof(*grown));
    char *copy = strdup(name);
    if (grown)
        part->libraries = grown;
    if (!grown || !copy) {
        free(copy);
        return -ENOMEM;
    }
    grown[part->library_count++] = copy;
    return 0;
}

static int add_libraries(struct ruleset *ruleset, const struct uses *uses)
{
    const char *last = "";
    int error = 0;

    for (size_t i = 0; i < uses->count && !error; i++) {
        if (i && uses->all[i].library == last && uses->all[i].part == uses->all[i - 1].part)
            continue;
        last = uses->all[i].library;
        error = add_library(&ruleset->parts[uses->all[i].part], last);
    }
    for (size_t i = 0; i < part_count(ruleset); i++)
        if (ruleset->parts[i].library_count)
            qsort(ruleset->parts[i].libraries, ruleset->parts[i].library_count, sizeof(char *),
                  compare_libraries);
    return error;
}

/* ---- The comment ---- */

static int make_comment(struct ruleset *ruleset, const struct run *run,
                        const struct callers *callers, const struct query *query)
{
    struct evidence evidence = { 0 };
    size_t size;
    FILE *file = open_memstream(&ruleset->comment, &size);
    int error = file ? evidence_tally(run, callers, &evidence.all) : -ENOMEM;

    evidence.selected = evidence.all;
    evidence_note(&evidence, run, query);
    evidence.selects = false; /* what was left out is in the run no more */
    if (!error)
        error = evidence_print(file, &evidence, run, query);
    return (file && fclose(file)) || error ? -ENOMEM : 0;
}

/* ---- All of it ---- */

static int fill(struct ruleset *ruleset, struct keys *keys, const struct membership *membership)
{
    struct uses uses;
    int error = uses_init(&uses, ruleset, keys, membership);

    if (error)
        return error;
    error = add_rules(ruleset, &uses, keys->run->execution_count);
    if (!error)
        error = estimate(ruleset, &uses);
    if (!error)
        error = add_libraries(ruleset, &uses);
    uses_deinit(&uses, keys->callers->library_count);
    ruleset->values = keys->values; /* which have the phases */
    keys->values = (struct values){ 0 };
    return error;
}

static void name_parts(struct ruleset *ruleset)
{
    for (size_t i = 0; i < ruleset->count; i++)
        ruleset->parts[i].name = ruleset->compartments->all[i].name;
    ruleset->process = &ruleset->parts[ruleset->count];
    ruleset->process->name = "[process]";
    ruleset->starting = ruleset->process + 1;
    ruleset->starting->name = "[start]";
}

int ruleset_init(struct ruleset *ruleset, struct run *run, const struct membership *membership,
                 const struct query *query, bool by_phase)
{
    struct keys keys;
    int error = keys_init(&keys, run, membership->callers, NULL);

    if (error)
        return error;
    *ruleset = (struct ruleset){
        .compartments = membership->compartments,
        .count = membership->compartments->count,
        .parts = calloc(membership->compartments->count + WHOLES, sizeof(*ruleset->parts)),
        .has_service = run->phase_count > 1,
        .by_phase = by_phase,
        .default_action = "{errno: EPERM}",
        .selected = COMPARTMENT_NONE,
    };
    error = ruleset->parts ? 0 : -ENOMEM;
    if (!error) {
        name_parts(ruleset);
        error = fill(ruleset, &keys, membership);
    }
    if (!error)
        error = make_comment(ruleset, run, membership->callers, query);
    keys_deinit(&keys);
    if (error)
        ruleset_deinit(ruleset);
    return error;
}

static void part_deinit(struct ruleset_part *part)
{
    for (size_t i = 0; i < part->count; i++)
        free(part->calls[i].users);
    for (size_t i = 0; i < part->library_count; i++)
        free(part->libraries[i]);
    free(part->calls);
    free(part->libraries);
    allowlist_deinit(&part->list);
}

void ruleset_deinit(struct ruleset *ruleset)
{
    for (size_t i = 0; ruleset->parts && i < part_count(ruleset); i++)
        part_deinit(&ruleset->parts[i]);
    free(ruleset->parts);
    free(ruleset->comment);
    values_deinit(&ruleset->values);
    *ruleset = (struct ruleset){ 0 };
}

/* ---- Names ---- */

const char *ruleset_name(enum abi abi, const char *name, char buffer[static RULESET_NAME_MAX])
{
    snprintf(buffer, RULESET_NAME_MAX, "%s%s%s", abi == ABI_X86_64 ? "" : abi_name(abi),
             abi == ABI_X86_64 ? "" : ":", name);
    return buffer;
}

bool ruleset_has(const struct allowlist *list, enum abi abi, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->calls[i].abi == abi && !strcmp(list->calls[i].name, name))
            return true;
    return false;
}
