/*
 * small-stack.c - stacks of odd size; all calls are the executable's. `small-stack page`: on a
 * coroutine's stack of one page, with nothing mapped around it, getpgid 3 times. `small-stack
 * NUMBER`: below so many frames, getppid 2 times. `small-stack switched`: on a coroutine's stack
 * that is switched to by hand and ends in a return address of 0, getsid 3 times.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* void switch_stacks(void **save, void *to): as coroutine libraries do it, by hand. */
__asm__(".text\n"
        ".globl switch_stacks\n"
        ".type switch_stacks, @function\n"
        "switch_stacks:\n"
        "push %rbx\n"
        "push %rbp\n"
        "mov %rsp, (%rdi)\n"
        "mov %rsi, %rsp\n"
        "pop %rbp\n"
        "pop %rbx\n"
        "ret\n"
        ".size switch_stacks, . - switch_stacks\n");

void switch_stacks(void **save, void *to);

static void *main_stack, *coroutine;

static void ask_and_yield(void)
{
    for (;;) {
        getsid(0);
        switch_stacks(&coroutine, main_stack);
    }
}

static int switched(void)
{
    static void *stack[1024];

    coroutine = stack + 1020;
    ((void **)coroutine)[2] = (void *)ask_and_yield; /* above it is 0: no return address */
    for (int i = 0; i < 3; i++)
        switch_stacks(&main_stack, coroutine);
    return 0;
}

static void ask(void)
{
    for (int i = 0; i < 3; i++)
        getpgid(0);
}

static int on_one_page(void)
{
    static ucontext_t outside, inside;
    char *pages = mmap(NULL, 3 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED || mprotect(pages + PAGE, PAGE, PROT_READ | PROT_WRITE) ||
        getcontext(&inside))
        return 2;
    munmap(pages + 2 * PAGE, PAGE);
    inside.uc_stack.ss_sp = pages + PAGE;
    inside.uc_stack.ss_size = PAGE;
    inside.uc_link = &outside;
    makecontext(&inside, ask, 0);
    return swapcontext(&outside, &inside);
}

__attribute__((noinline)) static int descend(int depth)
{
    if (depth == 0)
        return getppid() * 0 + getppid() * 0;
    return descend(depth - 1) + 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "page"))
        return on_one_page();
    if (argc == 2 && !strcmp(argv[1], "switched"))
        return switched();
    return argc != 2 || descend(atoi(argv[1])) != atoi(argv[1]);
}
