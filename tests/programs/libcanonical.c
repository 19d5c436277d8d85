/* libcanonical.c - leaves for libc by a tail call: its 4 getsid are its own, told by the call
 * instruction. */
#include <unistd.h>

pid_t canonical_getsid(void);

pid_t canonical_getsid(void)
{
    return getsid(0);
}
