/* allowlist.c - the system calls that a filter lets through. */
#include "allowlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "report/starts.h"
#include "report/variants.h"

void allowlist_deinit(struct allowlist *list)
{
    free(list->calls);
    *list = (struct allowlist){ 0 };
}

/* ---- Adding ---- */

static struct allowed *find(const struct allowlist *list, enum abi abi, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->calls[i].abi == abi && !strcmp(list->calls[i].name, name))
            return &list->calls[i];
    return NULL;
}

static int add(struct allowlist *list, enum abi abi, uint32_t nr, const char *name,
               enum allowed_why why)
{
    struct allowed *call = find(list, abi, name);

    if (call) {
        call->why = why < call->why ? why : call->why;
        return 0;
    }
    struct allowed *grown = reallocarray(list->calls, list->count + 1, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    list->calls = grown;
    call = &grown[list->count++];
    *call =
        (struct allowed){ .why = why, .abi = abi, .named = syscall_exists(abi, name), .nr = nr };
    strncpy(call->name, name, sizeof(call->name) - 1);
    return 0;
}

/* Of a name: only where the ABI has it. */
static int add_name(struct allowlist *list, enum abi abi, const char *name, enum allowed_why why)
{
    return syscall_exists(abi, name) ? add(list, abi, 0, name, why) : 0;
}

static int add_names(struct allowlist *list, enum abi abi, const char *const *names,
                     enum allowed_why why)
{
    int error = 0;

    for (; *names && !error; names++)
        error = add_name(list, abi, *names, why);
    return error;
}

int allowlist_add(struct allowlist *list, enum abi abi, uint32_t nr, enum allowed_why why)
{
    char buffer[SYSCALL_NAME_MAX];
    const char *name = syscall_name(abi, nr, buffer);

    return name ? add(list, abi, nr, name, why) : -ENOMEM;
}

static int add_count(struct allowlist *list, const struct count *count, enum allowed_why why)
{
    return allowlist_add(list, (enum abi)count->abi, count->nr, why);
}

/* ---- From a run ---- */

int allowlist_add_run(struct allowlist *list, const struct run *run)
{
    int error = 0;

    for (size_t i = 0; i < run->count_count && !error; i++)
        if (run->counts[i].calls)
            error = add_count(list, &run->counts[i], ALLOWED_SEEN);
    return error;
}

/* The tracer's own execve has the frame of no program. */
static bool is_of_start(const struct run *run, const struct callers *callers, uint32_t stack)
{
    const struct stack *s = &run->stacks.stacks[stack];

    return callers_known(callers, stack)->verdict.phase == PHASE_LOAD ||
           (s->depth == 1 && s->frame.module == MODULE_START);
}

int allowlist_add_start(struct allowlist *list, struct run *run, const struct callers *callers,
                        bool launcher)
{
    bool abis[ABI_COUNT] = { false };
    int error = 0;

    for (size_t i = 0; i < run->count_count && !error; i++) {
        const struct count *count = &run->counts[i];
        abis[count->abi] |= count->calls != 0;
        if (count->calls && is_of_start(run, callers, count->stack))
            error = add_count(list, count, ALLOWED_START);
    }
    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (size_t i = 0; i < starts_count && abis[abi] && !error; i++)
            if (!starts[i].launcher || (launcher && abi == ABI_X86_64))
                error = add_names(list, (enum abi)abi, starts[i].names, ALLOWED_START);
    return error;
}

/* ---- Variants ---- */

static bool has_name(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (!strcmp(*names, name))
            return true;
    return false;
}

int allowlist_add_variants(struct allowlist *list)
{
    const size_t count = list->count;
    int error = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t row = 0; row < variants_count && !error; row++)
            if (has_name(variants[row].names, list->calls[i].name))
                error = add_names(list, list->calls[i].abi, variants[row].names, ALLOWED_VARIANT);
    return error;
}

/* ---- Order ---- */

static int compare(const void *a, const void *b)
{
    const struct allowed *one = a, *other = b;
    int order = strcmp(one->name, other->name);

    order = order ? order : (int)one->why - (int)other->why;
    return order ? order : (int)one->abi - (int)other->abi;
}

void allowlist_sort(struct allowlist *list)
{
    if (list->count)
        qsort(list->calls, list->count, sizeof(*list->calls), compare);
}

bool allowlist_has_abi(const struct allowlist *list, enum abi abi)
{
    return allowlist_count(list, abi, ALLOWED_WHYS) > 0;
}

bool allowlist_is_first(const struct allowlist *list, size_t number)
{
    return !number || strcmp(list->calls[number].name, list->calls[number - 1].name) != 0;
}

size_t allowlist_count(const struct allowlist *list, enum abi abi, enum allowed_why why)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        const struct allowed *call = &list->calls[i];
        bool counted = abi == ABI_COUNT ? allowlist_is_first(list, i) : call->abi == abi;
        count += counted && (why == ALLOWED_WHYS || call->why == why);
    }
    return count;
}
