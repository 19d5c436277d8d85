/*
 * debugframe.h - makes an .eh_frame of a .debug_frame (DWARF 5, section 6.4.1), which code built
 * with -g has if it is to have no .eh_frame. The two differ in how entries refer to each other and
 * to code; in the form of .eh_frame, libunwind reads it too.
 */
#ifndef SYSTRACE_DEBUGFRAME_H
#define SYSTRACE_DEBUGFRAME_H

#include "symbolizer/image/cfi.h"

/*
 * The entries of `debug` as they would be in an .eh_frame at `vaddr`; those that cannot be read are
 * left out. Of no more than twice its size. 0 and *ret, to be freed; -ENOMEM; -EINVAL: there are
 * none.
 */
int debug_frame_convert(const struct section *debug, uint64_t vaddr, struct section *ret);

#endif
