/*
 * jumps.h - the jumps in the code of a whole image by which its functions may leave: whatever bytes
 * look like one, so that none is missed. Facts of the image, whoever maps it.
 */
#ifndef SYSTRACE_JUMPS_H
#define SYSTRACE_JUMPS_H

#include "symbolizer/image/images.h"
#include "symbolizer/image/links.h"

/* For each import of an image, in the order of its links. */
struct jumps {
    struct fact fact;
    bool unknown;
    struct jumps_import {
        bool jumped_through; /* there is a jump through its slot */
        bool left; /* a function may leave to it by a jump, through its slot or to a PLT stub that
                      jumps through that */
    } imports[];
};

/* NULL: not known, for the code is too large or cannot be read, or there is no memory. */
const struct jumps *jumps_find(struct images *images, struct image *image);

/* Is there a jump to `vaddr` in a function of the image that does not start there? 1, 0, or
 * -ENODATA: not known. */
int jumps_lead_to(const struct image *image, uint64_t vaddr);

/* Is this the unwind entry of a section of PLT stubs? */
bool jumps_is_plt(const struct image *image, const struct fde *fde);

#endif
