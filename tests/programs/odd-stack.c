/*
 * odd-stack.c - the executable enters the kernel (getpgrp, by the instruction) with a stack that is
 * none, 10 times, and once as usual (getppid). In 5 of the 10 its caller is found by %rbp, which
 * leads back to itself; to another frame, and that back; to an address that can be none; to the
 * last bytes of memory; to the code. In the other 5 by %rsp, which is where nothing is mapped; 0;
 * in the last bytes of memory; -1; in the kernel. Whose instruction it was is known all the same.
 */
#include <stdint.h>
#include <unistd.h>

/*
 * long enter_rbp(const void *rbp), long enter_rsp(uint64_t rsp): getpgrp with
 * this register, which is put back afterwards.
 */
__asm__(".text\n"
        ".type enter_rbp, @function\n"
        "enter_rbp:\n"
        ".cfi_startproc\n"
        "push %rbp\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset %rbp, -16\n"
        "mov %rsp, %rbp\n"
        ".cfi_def_cfa_register %rbp\n"
        "mov %rdi, %rbp\n"
        "mov $111, %eax\n"
        "syscall\n"
        "back: pop %rbp\n"
        ".cfi_def_cfa %rsp, 8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size enter_rbp, . - enter_rbp\n"
        ".type enter_rsp, @function\n"
        "enter_rsp:\n"
        ".cfi_startproc\n"
        "mov %rsp, %rsi\n"
        "mov %rdi, %rsp\n"
        "mov $111, %eax\n"
        "syscall\n"
        "mov %rsi, %rsp\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size enter_rsp, . - enter_rsp\n");

long enter_rbp(const void *rbp);
long enter_rsp(uint64_t rsp);
extern const char back[]; /* where enter_rbp has a frame: as good a return address as any */

int main(void)
{
    uint64_t cycle[2] = { (uintptr_t)cycle, (uintptr_t)back };
    uint64_t knot[4] = { (uintptr_t)(knot + 2), (uintptr_t)back, (uintptr_t)knot, (uintptr_t)back };
    const void *const frames[] = { cycle, knot, (void *)0xdeadbeefdeadbeef,
                                   (void *)(UINT64_MAX - 8), back };
    static const uint64_t stacks[] = { 0x10000, 0, UINT64_MAX - 15, UINT64_MAX,
                                       0xffff888000000000 };

    for (int i = 0; i < 5; i++)
        if (enter_rbp(frames[i]) < 0 || enter_rsp(stacks[i]) < 0)
            return 1;
    getppid();
    return 0;
}
