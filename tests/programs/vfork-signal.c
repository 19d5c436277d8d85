/*
 * vfork-signal.c - SIGCHLD of a vfork child comes just as vfork returns, when the return address is
 * in a register and not on the stack: 3 times. The handler is libhandler's (getsid); the frames
 * that were interrupted are all there, but did not ask.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "libsignal.h"

int main(void)
{
    handler_install(SIGCHLD, 0, -1);
    for (int i = 0; i < 3; i++) {
        const pid_t child = vfork();
        if (child == 0)
            _exit(0);
        if (waitpid(child, NULL, 0) != child)
            return 1;
    }
    return 0;
}
