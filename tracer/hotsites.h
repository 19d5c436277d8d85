/*
 * hotsites.h - calls in images that have been hot in some process of the run: they are expected to
 * be so in others.
 */
#ifndef SYSTRACE_HOTSITES_H
#define SYSTRACE_HOTSITES_H

#include <stdbool.h>
#include <stddef.h>
#include "symbolizer/unwind/space.h"

/* Zeroed, it is empty. */
struct hotsites {
    struct hotsite {
        const struct image *image; /* borrowed, and not looked into */
        uint64_t vaddr;
    } * all;
    size_t count, capacity;
    struct slots slots;
};

bool hotsites_has(const struct hotsites *hotsites, const struct site *site);

/* (Without memory for it, it is forgotten.) */
void hotsites_add(struct hotsites *hotsites, const struct site *site);

void hotsites_deinit(struct hotsites *hotsites);

#endif
