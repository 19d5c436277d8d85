/* main.c - two calls of getsid, one of them in a function that b calls back, and
 * sched_get_priority_min in a handler of exit(3). */
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "../parts.h"

/* For each call: what is computed from its result keeps the function from ending in a tail call. */
static int called_back(void)
{
    return getsid(0) + 1;
}

static void at_exit(void)
{
    parts_result += (unsigned)sched_get_priority_min(SCHED_FIFO) + 1;
}

int main(void)
{
    char byte;

    atexit(at_exit);
    parts_result += (unsigned)(a_ask() + b_call(called_back) + getsid(0) + cxx_ask());
    void *memory = malloc(100);
    free(memory);
    return read(-1, &byte, 1) == 0;
}
