/* hotsites.c - by the image, which all processes share, and the address in it. */
#include "hotsites.h"

#include <stdlib.h>

#include "record/array.h"

static uint64_t vaddr_of(const struct site *site)
{
    return site->address - site->bias;
}

static uint64_t hash_of(const struct site *site)
{
    return slots_mix(slots_mix(0, (uintptr_t)site->image), vaddr_of(site));
}

bool hotsites_has(const struct hotsites *h, const struct site *site)
{
    return SLOTS_FIND(i, &h->slots, hash_of(site),
                      h->all[i].image == site->image && h->all[i].vaddr == vaddr_of(site)) !=
           SLOTS_NONE;
}

void hotsites_add(struct hotsites *h, const struct site *site)
{
    if (!hotsites_has(h, site) && ARRAY_ROOM(h->all, h->count, h->capacity) &&
        !slots_add(&h->slots, hash_of(site), (uint32_t)h->count))
        h->all[h->count++] = (struct hotsite){ site->image, vaddr_of(site) };
}

void hotsites_deinit(struct hotsites *h)
{
    slots_deinit(&h->slots);
    free(h->all);
}
