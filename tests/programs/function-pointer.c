/*
 * function-pointer.c - calls through a variable, which is no GOT slot: main calls liba's a_getppid
 * once and then libc's getppid 5 times, with the same call instruction. The latter are main's own,
 * and no tail calls of liba's.
 */
#include <unistd.h>

#include "libask.h"

static int (*function)(void);

static __attribute__((noinline)) int call_global(void)
{
    int result = function();
    __asm__ volatile("" ::: "memory");
    return result;
}

int main(void)
{
    function = a_getppid;
    call_global();
    function = getppid;
    for (int i = 0; i < 5; i++)
        call_global();
    return 0;
}
