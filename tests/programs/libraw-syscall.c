/* libraw-syscall.c - a library that does without libc: raw_getppid executes the syscall instruction
 * itself.
 */
#include <sys/syscall.h>

long raw_getppid(void);

long raw_getppid(void)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(SYS_getppid) : "rcx", "r11", "memory");
    return result;
}
