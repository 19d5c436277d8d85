/*
 * restorer.c - the executable's handler calls getsid once for each of 2 signals, which libblock
 * raises 3 times each and calls umask after. librestorer installed it (2 rt_sigaction), and is the
 * one that returns from it (6 rt_sigreturn, of the signal frame itself). libblock is not on the
 * stack of the handler, but beyond the signal frame.
 */
#include <signal.h>
#include <unistd.h>
#include "librestorer.h"
#include "libsignal.h"

static void handle(int signal)
{
    (void)signal;
    getsid(0);
}

int main(void)
{
    if (restorer_install(SIGUSR1, handle, false) || restorer_install(SIGUSR2, handle, true))
        return 1;
    for (int i = 0; i < 3; i++) {
        block_raise(SIGUSR1);
        block_raise(SIGUSR2);
    }
    return 0;
}
