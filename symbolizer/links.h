/*
 * links.h - the functions that an image offers to others and wants from them, by name: its dynamic
 * symbols and relocations, read from the file when first asked for. Names are compared by a hash
 * of 64 bits, versions not at all: two that differ may seem the same, never the other way round.
 */
#ifndef SYSTRACE_LINKS_H
#define SYSTRACE_LINKS_H

#include "symbolizer/image.h"

struct export
{
    uint64_t vaddr;
    uint64_t name; /* hash */
};

struct import {
    uint64_t name; /* hash */
    uint64_t slot; /* vaddr of the word that gets the address */
    /* The address is taken, or may be: that word is not one that only a PLT stub jumps through. */
    bool taken;
};

struct links {
    bool unknown;           /* the file does not say, or says it wrongly */
    struct export *exports; /* functions, sorted by address */
    size_t export_count;
    struct import *imports; /* sorted by name; those that it may have from itself, too */
    size_t import_count;
    /* It has debug information, by which a program may be split into parts (directories.h). */
    bool may_have_parts;
};

/* NULL: no memory. Valid as long as the image is. */
const struct links *links_find(struct images *images, struct image *image);

/* All names of the function at exactly `vaddr`; how many. */
size_t links_names(const struct links *links, uint64_t vaddr, const struct export **ret);
/* All that this name is wanted for; how many. */
size_t links_wanted(const struct links *links, uint64_t name, const struct import **ret);

void links_deinit(struct image *image);

#endif
