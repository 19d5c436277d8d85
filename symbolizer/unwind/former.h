/*
 * former.h - where executable mappings of files were. A program may put its text into anonymous
 * memory at the same place, to have it on huge pages (node --use-largepages, PHP's
 * opcache.huge_code_pages, libhugetlbfs): that is the file's code still, as far as it has the same
 * bytes.
 */
#ifndef SYSTRACE_FORMER_H
#define SYSTRACE_FORMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "symbolizer/image/image.h"
#include "symbolizer/image/target.h"

/* The last of them, so that a program that loads and unloads for ever costs nothing. */
enum { FORMERS_MAX = 64 };

struct formers {
    struct former {
        uint64_t start, end;
        uint64_t offset; /* in the file */
        struct image *image;
    } * all; /* in the order in which they went; owned */
    size_t count;
};

/* Adds one, in the place of those that it covers. 0 or -ENOMEM. */
int formers_add(struct formers *formers, struct former former);

/* Adds all of another list. 0 or -ENOMEM. */
int formers_add_all(struct formers *formers, const struct formers *others);
void formers_deinit(struct formers *formers);

/* Was any in [start, end)? */
bool formers_overlap(const struct formers *formers, uint64_t start, uint64_t end);

/* The one that held an address last, or NULL. */
const struct former *formers_find(const struct formers *formers, uint64_t address);

/* Has the page around this address in it the bytes of the file still, as far as these are code? */
enum former_answer {
    FORMER_KEPT,
    FORMER_CHANGED,
    FORMER_UNKNOWN, /* it cannot be read, or is no code */
} former_compare(const struct former *former, const struct target *target, uint64_t address);

#endif
