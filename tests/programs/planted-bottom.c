/*
 * planted-bottom.c - stacks whose bottom no unwind information tells of:
 *   getppid   3 times, in a coroutine whose maker has planted the address of code that never
 *             returns, to be returned to: as boost.context's make_fcontext does
 *   getpgrp   3 times, in a child with a stack of its own that clone made in the midst of a
 *             function, whose unwind information does not hold there: as AddressSanitizer's
 *             internal_clone does; the child ends behind the call
 * All stacks are complete.
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 1 << 16 };

void switch_stack(void **save, void *to);
void coroutine_start(void);

/* rbx: the function. What it returns to is planted by `jmp`, and not called. */
__asm__(".text\n"
        ".globl switch_stack\n"
        ".type switch_stack, @function\n"
        "switch_stack:\n"
        ".cfi_startproc\n"
        "    push %rbx\n"
        ".cfi_adjust_cfa_offset 8\n"
        ".cfi_rel_offset rbx, 0\n"
        "    push %rbp\n"
        ".cfi_adjust_cfa_offset 8\n"
        ".cfi_rel_offset rbp, 0\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %rbp\n"
        ".cfi_adjust_cfa_offset -8\n"
        ".cfi_restore rbp\n"
        "    pop %rbx\n"
        ".cfi_adjust_cfa_offset -8\n"
        ".cfi_restore rbx\n"
        "    ret\n"
        ".cfi_endproc\n"
        ".size switch_stack, . - switch_stack\n"
        "    nop\n"
        "    nop\n"
        ".globl coroutine_start\n"
        ".type coroutine_start, @function\n"
        "coroutine_start:\n"
        "    push %rbp\n"
        "    jmp *%rbx\n"
        ".globl coroutine_finish\n"
        "coroutine_finish:\n"
        "    xor %edi, %edi\n"
        "    call _exit@PLT\n"
        "    hlt\n"
        ".size coroutine_start, . - coroutine_start\n");

extern char coroutine_finish[];

static void *main_stack, *coroutine_stack;

static void run(void)
{
    for (int i = 0; i < 3; i++) {
        getppid();
        switch_stack(&coroutine_stack, main_stack);
    }
}

static void use_coroutine(char *stack)
{
    void **top = (void **)(stack + SIZE - 32);

    top[0] = coroutine_finish; /* rbp, which is pushed as the return address */
    top[1] = (void *)run;      /* rbx */
    top[2] = (void *)coroutine_start;
    coroutine_stack = top;
    for (int i = 0; i < 3; i++)
        switch_stack(&main_stack, coroutine_stack);
}

static int ask(void *unused)
{
    (void)unused;
    return getpgrp() > 0 && getpgrp() > 0 ? getpgrp() > 0 : 0;
}

/* As sanitizer_common's: the function and its argument are on the child's stack. */
static __attribute__((noinline)) long clone_here(int (*function)(void *), void *stack, int flags)
{
    long result;
    void **top = (void **)stack - 2;

    top[0] = (void *)function;
    top[1] = NULL;
    __asm__ volatile("mov $56, %%eax\n"
                     "syscall\n"
                     "test %%rax, %%rax\n"
                     "jnz 1f\n"
                     "xor %%ebp, %%ebp\n"
                     "pop %%rax\n"
                     "pop %%rdi\n"
                     "call *%%rax\n"
                     "mov %%eax, %%edi\n"
                     "mov $60, %%eax\n"
                     "syscall\n"
                     "1:\n"
                     : "=a"(result)
                     : "D"((long)flags), "S"(top)
                     : "rcx", "r11", "rdx", "r10", "r8", "memory");
    return result;
}

int main(void)
{
    char *stack = malloc(SIZE);
    int status;

    use_coroutine(stack);
    long child = clone_here(ask, stack + SIZE - 16, CLONE_VM | CLONE_VFORK | SIGCHLD);
    return child < 0 || waitpid((pid_t)child, &status, 0) != child;
}
