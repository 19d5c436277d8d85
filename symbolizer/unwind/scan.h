/*
 * scan.h - looks through the stack for the frame that entered code of which nothing is known: no
 * unwind information, no start, no end.
 */
#ifndef SYSTRACE_SCAN_H
#define SYSTRACE_SCAN_H

#include "symbolizer/unwind/unwinder.h"

enum { SCAN_WORDS = 512 }; /* of the stack, in which a frame nearby is looked for */

/*
 * The first word on the stack, with the best chain of frames beyond it, that can be the return
 * address of the code at `site`: of a JIT compiler's, mostly, on a frame of fixed size. That it has
 * called itself does not matter: it is the code of others that called it which is looked for.
 * Bytes from at->sp to behind that word; 0: there is none.
 */
uint64_t scan_caller(struct unwinder *unwinder, const struct site *site, const struct position *at);

/*
 * Where a frame by fp lies if what fp was is lost: the nearest return address from `sp` on that
 * is behind a call of its function, else the nearest behind a call through a pointer, is the
 * frame's. Makes a row by sp of its row by fp. False: there is none. (Seen from the frame at
 * `from`.)
 */
bool scan_lost_frame(struct unwinder *unwinder, const struct position *from,
                     const struct site *site, uint64_t sp, struct row *ret);

#endif
