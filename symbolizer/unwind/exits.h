/*
 * exits.h - how the functions of one image can leave but by a return: their jumps to other
 * functions, read from the file when first asked for. Facts of the image, whoever maps it.
 */
#ifndef SYSTRACE_EXITS_H
#define SYSTRACE_EXITS_H

#include "symbolizer/image/images.h"

struct exit {
    uint64_t target; /* vaddr: of code; if `slot`, of the word that has the address */
    bool slot;
    /* The frame is still on the stack: the same function goes on there, in a part of it that has an
     * unwind entry of its own (gcc's ".cold"). */
    bool framed;
};

struct exits {
    uint64_t start, end; /* of the function, vaddr */
    uint64_t hash; /* of its code (fnv.h): in memory another is code that the program changed */
    bool computed; /* also by a jump to wherever a register or memory says */
    bool unknown;  /* there may be others: its code is not understood */
    uint32_t count;
    struct exit all[];
};

/*
 * How the function leaves that `vaddr` is in. All code of its unwind entry is looked at, whether
 * control may reach it or not. NULL: no unwind entry covers it, or there is no memory. Valid as
 * long as the image is.
 */
const struct exits *exits_find(struct images *images, struct image *image, uint64_t vaddr);

#endif
