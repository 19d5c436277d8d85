/*
 * slots.h - finds the elements of an array by a key: an open-addressed hash table of their numbers.
 * It knows neither the elements nor the key: who searches compares them. Elements are added, and
 * all forgotten; none is taken out.
 */
#ifndef SYSTRACE_SLOTS_H
#define SYSTRACE_SLOTS_H

#include <stdint.h>

/* Zeroed, it is empty. */
struct slots {
    struct slot {
        uint32_t hash;   /* of the key, so that nearly no other element needs to be looked at */
        uint32_t number; /* + 1; 0: free */
    } * all;
    uint32_t size; /* a power of 2, or 0 */
    uint32_t count;
};

#define SLOTS_NONE UINT32_MAX

/* A hash of one thing more; the first hash is any number. */
static inline uint64_t slots_mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

/*
 * The number of the element with this key, or SLOTS_NONE. `same` is an expression that says of the
 * element number `i` whether it is that:
 *
 *     found = SLOTS_FIND(i, &people->by_name, hash(name), !strcmp(people->all[i].name, name));
 */
#define SLOTS_FIND(i, index, key_hash, same)                                      \
    ({                                                                            \
        const struct slots *slots_ = (index);                                     \
        const uint32_t hash_ = (uint32_t)(key_hash), mask_ = slots_->size - 1;    \
        uint32_t at_ = hash_ & mask_, i = SLOTS_NONE;                             \
        while (slots_->size && (i = slots_->all[at_].number - 1) != SLOTS_NONE && \
               !(slots_->all[at_].hash == hash_ && (same)))                       \
            at_ = (at_ + 1) & mask_;                                              \
        i;                                                                        \
    })

/* Adds the number of an element with a key that no other has. 0 or -ENOMEM. */
int slots_add(struct slots *slots, uint64_t hash, uint32_t number);

/* Forgets all, but keeps the memory: as many can be added again without -ENOMEM. */
void slots_clear(struct slots *slots);

void slots_deinit(struct slots *slots);

#endif
