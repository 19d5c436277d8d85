/*
 * librestorer.c - installs handlers by the raw system call, with signal trampolines of its own, as
 * a C library does that is not libc: one with each form of the move. None has unwind information.
 */
#include "librestorer.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RESTORER = 0x04000000, MASK_SIZE = 8 }; /* of the kernel's interface */

void restore_short(void);
void restore_wide(void);
__asm__(".text\n"
        ".globl restore_short\n"
        ".type restore_short, @function\n"
        "    nop\n"
        "restore_short:\n"
        "    mov $15, %eax\n"
        "    syscall\n"
        ".size restore_short, . - restore_short\n"
        ".globl restore_wide\n"
        ".type restore_wide, @function\n"
        "    nop\n"
        "restore_wide:\n"
        "    mov $15, %rax\n"
        "    syscall\n"
        ".size restore_wide, . - restore_wide\n");

int restorer_install(int signal, void (*handler)(int), bool wide)
{
    const struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        unsigned long mask;
    } action = { handler, RESTORER, wide ? restore_wide : restore_short, 0 };

    return (int)syscall(SYS_rt_sigaction, signal, &action, 0, MASK_SIZE);
}
