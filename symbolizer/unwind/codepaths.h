/*
 * codepaths.h - the paths through the code of one image that were followed before (codepath.h):
 * they are facts about the file, so what was found for one process serves the next.
 */
#ifndef SYSTRACE_CODEPATHS_H
#define SYSTRACE_CODEPATHS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "symbolizer/image/images.h"
#include "symbolizer/unwind/codepath.h"

/* codepath_find, once for the image. It takes one off `*budget` if the code must be followed now,
 * and does not follow it if there is none left. */
bool codepaths_find(struct images *images, struct image *image, uint64_t start, uint64_t vaddr,
                    unsigned *budget, struct codepath *ret);

/* codepath_find_jump, likewise. */
bool codepaths_find_jump(struct images *images, struct image *image, uint64_t start,
                         unsigned *budget, struct codepath *ret);

#endif
