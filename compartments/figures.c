/* figures.c - counts what rules allow. */
#include "figures.h"

#include <string.h>
#include "compartments/shapes.h"
#include "report/capability.h"

/* ---- Things ---- */

bool figure_has_name(const struct ruleset_part *part, const char *name)
{
    for (size_t i = 0; i < part->list.count; i++)
        if (!strcmp(part->list.calls[i].name, name))
            return true;
    return false;
}

uint64_t figure_of_capability(const struct ruleset_part *part, size_t capability)
{
    uint64_t count = 0;

    for (size_t i = 0; i < part->list.count; i++)
        count += capability_has(&capabilities[capability], part->list.calls[i].name);
    return count;
}

size_t figure_sensitive_count(void)
{
    size_t count = 0;

    while (sensitive_calls[count])
        count++;
    return count;
}

static size_t thing_count(const struct ruleset *ruleset, enum figure figure)
{
    switch (figure) {
    case FIGURE_SYSCALLS:
        return ruleset->process->list.count;
    case FIGURE_CAPABILITIES:
        return capability_count;
    case FIGURE_SENSITIVE:
        return figure_sensitive_count();
    default:
        return shape_count;
    }
}

static bool has_thing(const struct ruleset *ruleset, enum figure figure,
                      const struct ruleset_part *part, size_t thing)
{
    const struct allowed *call = &ruleset->process->list.calls[thing];

    switch (figure) {
    case FIGURE_SYSCALLS:
        return ruleset_has(&part->list, call->abi, call->name);
    case FIGURE_CAPABILITIES:
        return figure_of_capability(part, thing) > 0;
    case FIGURE_SENSITIVE:
        return figure_has_name(part, sensitive_calls[thing]);
    default:
        return shape_is_possible(&shapes[thing], &part->list);
    }
}

/* ---- Figures ---- */

const char *figure_name(enum figure figure)
{
    static const char *const names[FIGURES] = { "syscalls", "capabilities", "sensitive", "shapes" };
    return names[figure];
}

uint64_t figure_count(const struct ruleset *ruleset, enum figure figure,
                      const struct ruleset_part *part)
{
    uint64_t count = 0;

    for (size_t i = 0; i < thing_count(ruleset, figure); i++)
        count += has_thing(ruleset, figure, part, i);
    return count;
}

uint64_t figure_removed(const struct ruleset *ruleset, enum figure figure,
                        const struct ruleset_part *base, const struct ruleset_part *part)
{
    uint64_t count = 0;

    for (size_t i = 0; i < thing_count(ruleset, figure); i++)
        count += has_thing(ruleset, figure, base, i) && !has_thing(ruleset, figure, part, i);
    return count;
}

/* ---- The network ---- */

/* They read from sockets, or make one of who connects. */
static const char *const receiving[] = { "accept",          "accept4", "recv",
                                         "recvfrom",        "recvmsg", "recvmmsg",
                                         "recvmmsg_time64", NULL };
/* These read from any descriptor; socketcall(2), of i386, may be any of the above, or none. */
static const char *const reading[] = { "read",           "readv",      "splice",
                                       "io_uring_enter", "socketcall", NULL };
/* So a process comes by sockets; recvmsg(2) may bring one. What it inherits is not seen. */
static const char *const having[] = {
    "socket", "socketcall", "accept", "accept4", "recvmsg", NULL
};

static bool has_any(const struct ruleset_part *part, const char *const *names)
{
    for (; *names; names++)
        if (figure_has_name(part, *names))
            return true;
    return false;
}

enum facing facing_of(const struct ruleset *ruleset, const struct ruleset_part *part)
{
    if (has_any(part, receiving))
        return FACING_YES;
    return has_any(part, reading) && has_any(ruleset->process, having) ? FACING_PERHAPS : FACING_NO;
}

const char *facing_name(enum facing facing)
{
    static const char *const names[] = { "no", "perhaps", "yes" };
    return names[facing];
}
