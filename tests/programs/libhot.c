/*
 * libhot.c - a library with a site of its own, built twice: the same bytes but for the number of
 * the call, HOT_NR. Its code begins a page, which hot-code.c moves as a whole.
 */
#include <sys/syscall.h>

long hot_plugin_ask(void);

__attribute__((aligned(4096), noinline)) long hot_plugin_ask(void)
{
    long result;

    __asm__ volatile("xor %%edi, %%edi\n\t"
                     "mov %1, %%eax\n\t"
                     "syscall"
                     : "=a"(result)
                     : "i"(HOT_NR)
                     : "rcx", "rdi", "r11", "memory");
    return result;
}
