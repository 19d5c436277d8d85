/*
 * sampled.h - one stopped thread as the other unwinders see it: they use its registers and its
 * memory, and nothing else of ours.
 */
#ifndef SYSTRACE_SAMPLED_H
#define SYSTRACE_SAMPLED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/user.h>
#include "symbolizer/image/target.h"

enum { SAMPLED_MAX = 1 << 18 }; /* frames: more than STACK_MAX_DEPTH */

struct sampled {
    pid_t tid;
    const struct target *target;
    struct user_regs_struct registers;
};

/* The pc of each frame that libdwfl finds, innermost first: how many, at most SAMPLED_MAX. *ret is
 * what it says of the end, "" if nothing. */
size_t by_dwfl(const struct sampled *sampled, uint64_t pcs[static SAMPLED_MAX], const char **ret);

/*
 * Lets gdb look at the thread, as a stub of its remote protocol (gdb's manual, appendix E) which
 * can be asked, but neither runs nor writes: serves one connection to the socket that listens as
 * `fd` until gdb lets go. Negative errno: gdb does not answer.
 */
int remote_serve(int fd, const struct sampled *sampled);

#endif
