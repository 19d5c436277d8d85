/*
 * patched.c - one call instruction that names another function each time: its bytes are changed
 * while they are not executable (getsid), then while they are writable and executable, without any
 * system call (getpgid). What it calls leaves by a jump to libc, so that only the instruction tells
 * who asks, and the return address on the stack is always the same. libleave1 and libleave2 take
 * turns; each asks 6 times for each of the two.
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/types.h>

enum { PAGE = 4096, TIMES = 3 };

pid_t leave_one(int which);
pid_t leave_two(int which);

/* ask() is alone in its page. Of ask_two() only the call instruction is of use. */
pid_t ask(int which);
extern char ask_called[], ask_two_called[];
__asm__(".pushsection .text.ask, \"ax\"\n"
        ".p2align 12\n"
        ".type ask, @function\n"
        "ask:\n"
        ".cfi_startproc\n"
        "sub $8, %rsp\n"
        ".cfi_adjust_cfa_offset 8\n"
        "call *leave_one@GOTPCREL(%rip)\n"
        "ask_called:\n"
        "add $8, %rsp\n"
        ".cfi_adjust_cfa_offset -8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size ask, . - ask\n"
        ".p2align 12\n"
        "call *leave_two@GOTPCREL(%rip)\n"
        "ask_two_called:\n"
        "ret\n"
        ".popsection\n");

/* How far from the end of a call instruction the place is where its function is kept: its last four
 * bytes. */
static int32_t *distance(char *called)
{
    __asm__("" : "+r"(called)); /* for the compiler, no code comes before a label */
    return (int32_t *)(void *)(called - sizeof(int32_t));
}

static void patch(char *slot)
{
    *distance(ask_called) = (int32_t)(slot - ask_called);
}

static void protect(int protection)
{
    if (mprotect((void *)((uintptr_t)&ask_called & -(uintptr_t)PAGE), PAGE, protection))
        perror("mprotect");
}

int main(void)
{
    char *const slots[] = { ask_called + *distance(ask_called),
                            ask_two_called + *distance(ask_two_called) };

    for (int turn = 0; turn < 4; turn++) {
        if (turn) {
            protect(PROT_READ | PROT_WRITE);
            patch(slots[turn % 2]);
            protect(PROT_READ | PROT_EXEC);
        }
        for (int i = 0; i < TIMES; i++)
            ask(0);
    }
    protect(PROT_READ | PROT_WRITE | PROT_EXEC);
    for (int turn = 0; turn < 4; turn++) {
        patch(slots[turn % 2]);
        for (int i = 0; i < TIMES; i++)
            ask(1);
    }
    return 0;
}
