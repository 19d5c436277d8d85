/*
 * levels.c - `levels NUMBER`: a recursion of so many levels with one getppid at each, on the way
 * down; and getpgrp once at the innermost. All calls are the executable's.
 */
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) static int descend(int levels)
{
    if (levels == 0)
        return getpgrp() * 0;
    return getppid() * 0 + descend(levels - 1) + 1;
}

int main(int argc, char **argv)
{
    return argc != 2 || descend(atoi(argv[1])) != atoi(argv[1]);
}
