/*
 * libcanonical-caller.c - calls libcanonical through a slot that the loader has filled. Built
 * twice: with -fno-plt, and with a PLT stub that jumps by that slot, for TAKE_ADDRESS takes the
 * function's address.
 */
#include <sys/types.h>

pid_t canonical_getsid(void);
pid_t canonical_call(void);

#ifdef TAKE_ADDRESS
extern pid_t (*volatile canonical_taken)(void);
pid_t (*volatile canonical_taken)(void);
#endif

pid_t canonical_call(void)
{
#ifdef TAKE_ADDRESS
    canonical_taken = canonical_getsid;
#endif
    pid_t session = canonical_getsid();
    __asm__ volatile("" ::: "memory"); /* it is no tail call */
    return session;
}
