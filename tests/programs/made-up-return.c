/*
 * made-up-return.c - a return address that no call left there: the last frame of a hand-made stack
 * returns to the very start of a function, as libcoro's do to abort(), and functions under uftrace
 * to its trampoline. The program asks for 3 getppid, whose stack ends there.
 */
#include <sys/types.h>
#include <unistd.h>

/* Runs `function` on another stack, from which it returns to come_back. */
void run_on(char *top, void (*function)(void));
__asm__(".text\n"
        ".type run_on, @function\n"
        "run_on:\n"
        ".cfi_startproc\n"
        "push %rbx\n"
        ".cfi_adjust_cfa_offset 8\n"
        ".cfi_offset %rbx, -16\n"
        "mov %rsp, %rbx\n"
        "mov %rdi, %rsp\n"
        "lea come_back(%rip), %rax\n"
        "push %rax\n"
        "jmp *%rsi\n"
        ".cfi_endproc\n"
        ".size run_on, . - run_on\n"
        ".type come_back, @function\n"
        "come_back:\n"
        ".cfi_startproc\n"
        "mov %rbx, %rsp\n"
        "pop %rbx\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size come_back, . - come_back\n");

static void ask(void)
{
    for (int i = 0; i < 3; i++)
        getppid();
}

int main(void)
{
    static char stack[1 << 16] __attribute__((aligned(16)));

    run_on(stack + sizeof(stack) - 64, ask);
    return 0;
}
