/*
 * coroutine.c - calls on a makecontext(3) stack, whose outermost frame is glibc's __start_context:
 * main calls getppid once on its own stack, the coroutine 3 times on its.
 */
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

static ucontext_t main_context, coroutine;

static void run(void)
{
    for (int i = 0; i < 3; i++) {
        getppid();
        swapcontext(&coroutine, &main_context);
    }
}

int main(void)
{
    enum { SIZE = 1 << 16 };

    getcontext(&coroutine);
    coroutine.uc_stack.ss_sp = malloc(SIZE);
    coroutine.uc_stack.ss_size = SIZE;
    coroutine.uc_link = &main_context;
    makecontext(&coroutine, run, 0);
    getppid();
    for (int i = 0; i < 4; i++)
        swapcontext(&main_context, &coroutine);
    return 0;
}
