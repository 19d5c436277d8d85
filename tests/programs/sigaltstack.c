/*
 * sigaltstack.c - a handler on a stack of its own: the executable calls sigaltstack once, libblock
 * raises the signal 3 times (tgkill) and calls umask after each, libhandler's handler calls getsid
 * 3 times with neither libblock nor the executable on its stack.
 */
#include <signal.h>
#include "libsignal.h"

int main(void)
{
    static char memory[65536];
    const stack_t stack = { .ss_sp = memory, .ss_size = sizeof(memory) };

    if (sigaltstack(&stack, NULL))
        return 1;
    handler_install(SIGUSR1, SA_ONSTACK, -1);
    for (int i = 0; i < 3; i++)
        block_raise(SIGUSR1);
    return 0;
}
