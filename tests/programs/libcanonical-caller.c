/* libcanonical-caller.c - calls libcanonical through a slot that the loader has filled. */
#include <sys/types.h>

pid_t canonical_getsid(void);
pid_t canonical_call(void);

pid_t canonical_call(void)
{
    pid_t session = canonical_getsid();
    __asm__ volatile("" ::: "memory"); /* it is no tail call */
    return session;
}
