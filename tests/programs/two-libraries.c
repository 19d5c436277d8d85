/*
 * two-libraries.c - liba calls getpgid 2 times; libb calls umask 3 times for the executable and
 * getsid 5 times for liba. The executable is on the stack of all 10 calls and makes none of them.
 */
#include "libask.h"

int main(void)
{
    for (int i = 0; i < 2; i++)
        a_getpgid();
    for (int i = 0; i < 3; i++)
        b_umask();
    for (int i = 0; i < 5; i++)
        a_ask_b();
    return 0;
}
