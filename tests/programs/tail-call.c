/*
 * tail-call.c - tail calls out of a library, built so that it calls libtail through the PLT, bound
 * lazily (tail-plt), through the PLT, bound at once (tail-now), and through the GOT (tail-got).
 * libtail asks for 3 getsid, of which it left by a jump before libc was entered (told by the call
 * instruction, and sure: it has no other way out), and for 2 getpgid, of which its hidden function
 * left likewise.
 */
#include <sys/types.h>

pid_t tail_getsid(void);
int tail_own(void);

/* With a single call here, no compiler keeps the library's address in a register. */
__attribute__((noinline)) static void ask(void)
{
    tail_getsid();
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        ask();
    tail_own();
    return 0;
}
