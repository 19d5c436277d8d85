/*
 * exits.h - how the functions of one image can leave but by a return: their jumps to other
 * functions, read from the file when first asked for. Facts of the image, whoever maps it.
 */
#ifndef SYSTRACE_EXITS_H
#define SYSTRACE_EXITS_H

#include "symbolizer/image.h"

struct exit {
    uint64_t target; /* vaddr: of code; if `slot`, of the word that has the address */
    bool slot;
    /* The frame is still on the stack: the same function goes on there, in a part of it that has an
     * unwind entry of its own (gcc's ".cold"). */
    bool framed;
};

struct exits {
    uint64_t start, end; /* of the function, vaddr */
    uint64_t hash;       /* of its code (exits_hash) */
    bool computed;       /* also by a jump to wherever a register or memory says */
    bool unknown;        /* there may be others: its code is not understood */
    uint32_t count;
    struct exit all[];
};

/*
 * How the function leaves that `vaddr` is in. All code of its unwind entry is looked at, whether
 * control may reach it or not. NULL: no unwind entry covers it, or there is no memory. Valid as
 * long as the image is.
 */
const struct exits *exits_find(struct images *images, struct image *image, uint64_t vaddr);

/* Of code in memory: if it is another than that in the file, the program has changed it. */
uint64_t exits_hash(const uint8_t *code, size_t size);

struct jump {
    uint64_t target; /* vaddr of a function or a PLT stub; of a slot, if it jumps through that */
    uint64_t from;   /* vaddr of the jump */
};

/*
 * All jumps of the image to `target`, or through it, that its code may have: whatever bytes look
 * like one. A function's jumps to its own start are among them. *ret is their array, and this how
 * many they are; -ENODATA: not known, for the code is too large or cannot be read.
 */
int64_t exits_to(struct images *images, struct image *image, uint64_t target,
                 const struct jump **ret);

/* Is this the unwind entry of a section of PLT stubs? */
bool exits_is_plt(const struct image *image, const struct fde *fde);

void exits_deinit(struct image *image);

#endif
