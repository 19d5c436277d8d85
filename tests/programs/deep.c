/*
 * deep.c - 5,000 frames of recursion, half of them in liba and half in the executable. At the
 * bottom liba calls getppid 2 times; the executable is on both stacks, once each, however often it
 * recurs there.
 */
#include "libask.h"

static int descend(int depth)
{
    if (depth == 0)
        return a_getppid() * 0 + a_getppid() * 0;
    return a_bounce(descend, depth - 1) + 1;
}

int main(void)
{
    return descend(2500) != 5000;
}
