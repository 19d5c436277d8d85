/*
 * links.h - the functions that an image offers to others and wants from them, by name: its dynamic
 * symbols and relocations, read from the file when first asked for. Names are compared by a hash
 * of 64 bits, versions not at all: two that differ may seem the same, never the other way round.
 */
#ifndef SYSTRACE_LINKS_H
#define SYSTRACE_LINKS_H

#include "symbolizer/image/images.h"

struct export
{
    uint64_t name; /* hash */
    uint64_t vaddr;
};

struct import {
    uint64_t slot; /* vaddr of the word that gets the address */
    uint64_t name; /* hash */
    /* The address is taken, or may be: that word is not one that only a PLT stub jumps through. */
    bool taken;
};

struct links {
    struct fact fact;
    bool unknown;           /* the file does not say, or says it wrongly */
    struct import *imports; /* sorted by slot; those that it may have from itself, too */
    size_t import_count;
    struct export *exports; /* once asked for: functions, sorted by name */
    size_t export_count;
    uint64_t *pointers; /* likewise: vaddrs of its own that its data point to, in any order */
    size_t pointer_count;
    bool offers_asked, offers_unknown;
    /* It has debug information, by which a program may be split into parts (directories.h). */
    bool may_have_parts;
};

/* NULL: no memory. Valid as long as the image is. */
const struct links *links_find(struct images *images, struct image *image);

/* All functions that it offers by this name; how many, or -ENODATA: not known. */
int64_t links_offered(struct images *images, struct image *image, uint64_t name,
                      const struct export **ret);
/* All places of its own that its data point to, of functions and others: what its own computed
 * jumps may lead to. How many, or -ENODATA. */
int64_t links_pointers(struct images *images, struct image *image, const uint64_t **ret);
/* What the word at `slot` is for; NULL: for no function of a name. */
const struct import *links_import(const struct links *links, uint64_t slot);

#endif
