/* libifunc.c - a library whose function is chosen by a resolver, which asks the kernel: one
 * getppid, by the instruction, for nothing is bound yet. */
#include <sys/syscall.h>

int ifunc_value(void);

static int value(void)
{
    return 42;
}

__attribute__((used)) static int (*resolve(void))(void)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(SYS_getppid) : "rcx", "r11", "memory");
    return result > 0 ? value : 0;
}

int ifunc_value(void) __attribute__((ifunc("resolve")));
