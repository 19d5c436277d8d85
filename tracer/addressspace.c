/* addressspace.c - storage, shared as processes share it. */
#include "addressspace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agentstate.h"
#include "record/clock.h"
#include "perfmap.h"

static struct address_space *create(struct space *space)
{
    struct address_space *as = space ? calloc(1, sizeof(*as)) : NULL;

    if (as)
        *as = (struct address_space){
            .references = 1, .space = space, .memory_fd = -1, .maps_fd = -1
        };
    else
        space_destroy(space);
    return as;
}

struct address_space *address_space_create(void)
{
    struct address_space *as = create(space_create());

    if (as)
        as->born = clock_read(CLOCK_REALTIME);
    return as;
}

struct address_space *address_space_fork(const struct address_space *parent)
{
    struct address_space *as = create(space_fork(parent->space));

    if (!as)
        return NULL;
    as->born = parent->born;
    as->agent = parent->agent ? agent_fork(parent->agent) : NULL;
    as->userfaults = parent->userfaults;
    if (!parent->served)
        return as;
    as->served = malloc(SERVED_MAX * sizeof(*as->served));
    if (!as->served) {
        address_space_unref(as);
        return NULL;
    }
    memcpy(as->served, parent->served, SERVED_MAX * sizeof(*as->served));
    as->served_count = parent->served_count;
    return as;
}

struct address_space *address_space_ref(struct address_space *as)
{
    as->references++;
    return as;
}

void address_space_unref(struct address_space *as)
{
    if (!as || --as->references)
        return;
    agent_destroy(as->agent);
    space_destroy(as->space);
    perfmap_destroy(as->perfmap);
    free(as->served);
    if (as->memory_fd >= 0)
        close(as->memory_fd);
    if (as->maps_fd >= 0)
        close(as->maps_fd);
    free(as);
}
