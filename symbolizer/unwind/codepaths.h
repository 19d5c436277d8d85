/*
 * codepaths.h - the paths through the code of one image that were followed before (codepath.h):
 * they are facts about the file, so what was found for one process serves the next.
 */
#ifndef SYSTRACE_CODEPATHS_H
#define SYSTRACE_CODEPATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "symbolizer/image/row.h"

struct images;
struct image;

struct codepath {
    /* ROW_CFA_RSP, ROW_CFA_RBP, or ROW_OUTERMOST where rbp was cleared and not saved, by which
     * start code and threads begin. */
    struct row row;
    bool realigned; /* the return address there is a copy, and the true one some words beyond */
};

struct codepaths {
    struct codepaths_slot {
        uint64_t start; /* 0: free; no code is there */
        uint64_t vaddr; /* 0: the first jump to wherever a register says */
        bool found;
        struct codepath path;
    } * slots;
    size_t slot_count, count;
};

void codepaths_deinit(struct codepaths *paths);

/* codepath_find, once for the image. It takes one off `*budget` if the code must be followed now,
 * and does not follow it if there is none left. */
bool codepaths_find(struct images *images, struct image *image, uint64_t start, uint64_t vaddr,
                    unsigned *budget, struct codepath *ret);

/* codepath_find_jump, likewise. */
bool codepaths_find_jump(struct images *images, struct image *image, uint64_t start,
                         unsigned *budget, struct codepath *ret);

#endif
