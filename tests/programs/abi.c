/*
 * abi.c - 64-bit code that enters the kernel in other ways: 3 getppid by int $0x80 (abi i386,
 * number 64), 2 getppid with the x32 bit (number 110), and 1 call with the number 9999, which no
 * ABI has. All are issued and called by the executable.
 */
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { I386_GETPPID = 64, X32_BIT = 0x40000000, NO_CALL = 9999 };

static long int80(long nr)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "0"(nr) : "memory");
    return result;
}

static long syscall64(long nr)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(nr) : "rcx", "r11", "memory");
    return result;
}

int main(void)
{
    int same = 0;

    for (int i = 0; i < 3; i++)
        same += int80(I386_GETPPID) > 0;
    for (int i = 0; i < 2; i++)
        syscall64(X32_BIT | SYS_getppid);
    printf("%d %ld\n", same, syscall64(NO_CALL));
    return 0;
}
