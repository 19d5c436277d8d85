/* slots.c - looks for a free slot from where the hash says; at most half of them are taken. */
#include "slots.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64 };

static void put(struct slots *slots, uint32_t hash, uint32_t number)
{
    uint32_t mask = slots->size - 1, at = hash & mask;

    while (slots->all[at].number)
        at = (at + 1) & mask;
    slots->all[at] = (struct slot){ hash, number };
}

static int grow(struct slots *slots)
{
    struct slots larger = { .size = slots->size ? 2 * slots->size : FIRST_SLOTS,
                            .count = slots->count };

    if (!larger.size || !(larger.all = calloc(larger.size, sizeof(*larger.all))))
        return -ENOMEM;
    for (uint32_t i = 0; i < slots->size; i++) {
        if (slots->all[i].number)
            put(&larger, slots->all[i].hash, slots->all[i].number);
    }
    free(slots->all);
    *slots = larger;
    return 0;
}

int slots_add(struct slots *slots, uint64_t hash, uint32_t number)
{
    int error = slots->count >= slots->size / 2 ? grow(slots) : 0;

    if (!error) {
        put(slots, (uint32_t)hash, number + 1);
        slots->count++;
    }
    return error;
}

void slots_clear(struct slots *slots)
{
    if (slots->size)
        memset(slots->all, 0, slots->size * sizeof(*slots->all));
    slots->count = 0;
}

void slots_deinit(struct slots *slots)
{
    free(slots->all);
    *slots = (struct slots){ 0 };
}
