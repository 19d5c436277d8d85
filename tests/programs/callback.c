/*
 * callback.c - app -> liba -> app -> write: liba calls a function of the executable 4 times, which
 * calls write. The executable is the caller of the 4 writes; liba is only on their stack.
 */
#include <unistd.h>
#include "libask.h"

static void tick(int i)
{
    char line[] = "tick 0\n";

    line[5] = (char)('0' + i);
    if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0)
        _exit(1);
}

int main(void)
{
    a_each(4, tick);
    return 0;
}
