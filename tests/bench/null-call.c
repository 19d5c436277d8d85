/* null-call.c - getppid N times, 12 frames deep: nothing but the cost of a call under a tracer. */
#include <stdlib.h>
#include <unistd.h>

enum { DEPTH = 12 };

static __attribute__((noinline)) long descend(int depth, long calls)
{
    long sum = 0;

    if (depth) {
        sum = descend(depth - 1, calls);
        __asm__ volatile("" : "+r"(sum)); /* no tail call */
        return sum;
    }
    for (long i = 0; i < calls; i++)
        sum += getppid();
    return sum;
}

int main(int argc, char **argv)
{
    return descend(DEPTH - 1, argc > 1 ? atol(argv[1]) : 0) < 0;
}
