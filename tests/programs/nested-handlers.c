/*
 * nested-handlers.c - a handler within a handler, 3 times: libblock raises SIGUSR1, whose handler
 * calls getpgrp once and raises SIGUSR2, whose handler calls getsid once and leaves them all by
 * siglongjmp: libblock does not come to its umask; then main calls getppid 2 times. What was
 * interrupted is on the stack of neither handler, and the handlers are on none of what follows.
 */
#include <setjmp.h>
#include <signal.h>
#include <unistd.h>
#include "libsignal.h"

static sigjmp_buf out;

static void handle_inner(int signal)
{
    (void)signal;
    getsid(0);
    siglongjmp(out, 1);
}

static void handle_outer(int signal)
{
    (void)signal;
    getpgrp();
    raise(SIGUSR2);
}

int main(void)
{
    signal(SIGUSR1, handle_outer);
    signal(SIGUSR2, handle_inner);
    for (volatile int i = 0; i < 3; i++) {
        if (!sigsetjmp(out, 1))
            block_raise(SIGUSR1);
        getppid();
        getppid();
    }
    return 0;
}
