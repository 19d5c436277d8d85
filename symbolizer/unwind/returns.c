/* returns.c - looks at the code before an address. */
#include "returns.h"
#include "symbolizer/unwind/site.h"
#include "symbolizer/unwind/callee.h"

#include <errno.h>

enum {
    /* In one address space, of which words on the stack may make new ones. What they point to the
     * program decides, and the sites stay. */
    SITES_MAX = 1 << 17,
};

struct site *returns_site(struct unwinder *u, uint64_t address)
{
    if (!space_has_code(u->space, address + 1))
        return NULL;
    struct site *site = u->space->code->site_count < SITES_MAX
                            ? site_find(u->space, u->target, address)
                            : site_known(u->space, address);
    u->pending |= !site && site_failure(u->space, address) == -EINPROGRESS;
    return site;
}

struct site *returns_call(struct unwinder *u, uint64_t address)
{
    struct site *call = returns_site(u, address - 1);

    if (!call || call->signal || !call->image)
        return call;
    if (callee_resolve(u->space, u->target, &u->code, call) < 0 || !call->is_call)
        return NULL;
    u->settled &= call->call_known; /* else it may name more the next time */
    return call;
}

bool returns_may_name(const struct site *call, const struct site *inner)
{
    uint64_t named = call->callee ? call->callee : call->target;
    return !named || !inner->start || (named >= inner->start && named < inner->end);
}
