/*
 * small-stack.c - stacks of odd size; all calls are the executable's. `small-stack page`: on a
 * coroutine's stack of one page, with nothing mapped around it, getpgid 3 times. `small-stack
 * NUMBER`: below so many frames, getppid 2 times.
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
    return argc != 2 || descend(atoi(argv[1])) != atoi(argv[1]);
}
