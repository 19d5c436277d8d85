/* liba.c - a library that asks the kernel itself, asks it by way of libb, and calls its caller
 * back. */
#include <unistd.h>
#include "libask.h"

int a_getpgid(void)
{
    return getpgid(0);
}

int a_getppid(void)
{
    return getppid();
}

int a_ask_b(void)
{
    return b_getsid();
}

void a_each(int count, void (*callback)(int))
{
    for (int i = 0; i < count; i++)
        callback(i);
}

int a_bounce(int (*callback)(int), int depth)
{
    return callback(depth) + 1;
}
