/*
 * context.c - stacks other than the thread's: on a coroutine's, by makecontext, the executable
 * calls getsid 2 times (at the bottom, and after being resumed) and liba calls getpgid once; a
 * signal handler that leaves by siglongjmp calls getpgrp 3 times.
 */
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>
#include "libask.h"

static ucontext_t outside, inside;
static sigjmp_buf escape;

static void coroutine(void)
{
    getsid(0);
    a_getpgid();
    swapcontext(&inside, &outside);
    getsid(0);
}

static void handle(int signal)
{
    (void)signal;
    getpgrp();
    siglongjmp(escape, 1);
}

int main(void)
{
    static char stack[65536];

    getcontext(&inside);
    inside.uc_stack.ss_sp = stack;
    inside.uc_stack.ss_size = sizeof(stack);
    inside.uc_link = &outside;
    makecontext(&inside, coroutine, 0);
    swapcontext(&outside, &inside);
    swapcontext(&outside, &inside);
    signal(SIGUSR1, handle);
    for (volatile int i = 0; i < 3; i++)
        if (sigsetjmp(escape, 1) == 0)
            raise(SIGUSR1);
    return 0;
}
