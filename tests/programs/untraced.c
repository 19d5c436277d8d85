/*
 * untraced.c - a child by clone with CLONE_UNTRACED, which asks not to be traced: it calls getsid 2
 * times, which must not be lost. Then a child by CLONE_VM without CLONE_THREAD, on a small stack:
 * getpgrp once.
 */
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int ask_twice(void *argument)
{
    (void)argument;
    getsid(0);
    getsid(0);
    return 0;
}

static int ask_once(void *argument)
{
    (void)argument;
    getpgrp();
    return 0;
}

int main(void)
{
    static char stack[2][4096] __attribute__((aligned(16)));
    int status;
    pid_t child = clone(ask_twice, stack[0] + sizeof(stack[0]), CLONE_UNTRACED | SIGCHLD, NULL);

    if (waitpid(child, &status, 0) != child || status)
        return 1;
    child = clone(ask_once, stack[1] + sizeof(stack[1]), CLONE_VM | SIGCHLD, NULL);
    return waitpid(child, &status, 0) != child || status;
}
