/*
 * nocfi.c - assembly without unwind information: libnocfi calls getppid itself, 2 times; it calls
 * libc's getpgrp, 3 times; and liba, which calls getpgid, once. Who called libnocfi is guessed:
 * from the calls that name its functions.
 */
#include <unistd.h>
#include "libask.h"

long nocfi_ask(void);
int nocfi_call(int (*function)(void));

int main(void)
{
    nocfi_ask();
    nocfi_ask();
    for (int i = 0; i < 3; i++)
        nocfi_call(getpgrp);
    nocfi_call(a_getpgid);
    return 0;
}
