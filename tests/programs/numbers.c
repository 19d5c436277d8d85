/*
 * numbers.c - numbers that are no system calls: 700, above the table; 1023 and 1024, about where
 * the tracer's own table ends; 0x3fffffff; 1023 with the x32 bit; -1 as 32 and as 64 bits, twice
 * each; INT_MIN. And getppid with rubbish in the upper half of %rax, which the kernel does not look
 * at, once, beside libc's. Prints what each says.
 */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

static long enter(unsigned long nr)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(nr) : "rcx", "r11", "memory");
    return result;
}

int main(void)
{
    static const unsigned long numbers[] = {
        700,        1023,       1024, 0x3fffffff, 0x400003ff,
        0xffffffff, 0xffffffff, -1ul, -1ul,       (unsigned)INT_MIN
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        printf("%ld\n", enter(numbers[i]));
    printf("%d\n", enter(0xdeadbeef00000000ul | SYS_getppid) == getppid());
    return 0;
}
