/* false-returns.c - asks libfalse-returns for 4,000 getpgrp, with 2 million words on the stack that
 * look like return addresses, to code of which there is none. */
#include <stddef.h>
#include <sys/mman.h>

unsigned long false_returns_ask(void *region, unsigned long seed);

int main(void)
{
    const size_t size = 16 << 20;
    unsigned long seed = 1;
    void *region =
        mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (region == MAP_FAILED)
        return 1;
    for (int i = 0; i < 4000; i++)
        seed = false_returns_ask(region, seed);
    return 0;
}
