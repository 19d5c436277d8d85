/*
 * split-stack.c - recursion on a stack that gcc splits into segments all over the memory: at each
 * level getppid.
 */
#include <unistd.h>

enum { DEPTH = 500, FRAME = 3000 };

static __attribute__((noinline)) long recurse(int depth)
{
    volatile char room[FRAME];
    long sum = getppid();

    room[0] = (char)depth;
    if (depth > 1)
        sum += recurse(depth - 1);
    return sum + room[0];
}

int main(void)
{
    return recurse(DEPTH) == 0;
}
