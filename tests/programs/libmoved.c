/* libmoved.c - functions, each on a page of its own, that make the system call with this number and
 * no arguments, by the instruction. */
#include "libmoved.h"

enum { PAGE = 4096 };

static inline __attribute__((always_inline)) long ask(long nr)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(nr) : "rcx", "r11", "memory");
    return result;
}

__attribute__((aligned(PAGE))) long moved_one(long nr)
{
    return ask(nr);
}

__attribute__((aligned(PAGE))) long moved_two(long nr)
{
    return ask(nr);
}

/* All of the page before is code. */
__attribute__((aligned(PAGE))) long moved_three(long nr)
{
    return ask(nr);
}
