/*
 * learned.h - what the walks of stacks have learned of the code of one image: facts about the file,
 * kept with the image, so that what was found for one process serves the next.
 */
#ifndef SYSTRACE_LEARNED_H
#define SYSTRACE_LEARNED_H

#include "symbolizer/image/image.h"
#include "symbolizer/unwind/codepaths.h"
#include "symbolizer/unwind/x86_64/exits.h"
#include "symbolizer/unwind/x86_64/functions.h"

struct learned {
    struct functions functions; /* where they start */
    struct codepaths paths;     /* through code that has no unwind information */
    struct exit_table exits;    /* how functions leave */
    bool runtime_asked;
    bool runtime; /* is it a runtime library? Once it has been asked for (reach.h) */
};

/* Of this image; nothing at first. NULL: no memory. Freed with the image. */
struct learned *learned_of(struct image *image);

#endif
