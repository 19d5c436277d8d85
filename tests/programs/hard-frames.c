/*
 * hard-frames.c - libhard-frames.so's functions, whose frames are hard to step over, call back into
 * this program, which makes the calls: getppid in each function ROUNDS times with all registers
 * saved and changed in between; getpgrp when a signal has interrupted one; getuid in functions that
 * keep to Windows' convention, and so have to save vector registers.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

enum { ROUNDS = 5, STACK_SIZE = 1 << 16 };

void hard_register(void (*function)(void)), hard_expression(void (*function)(void)),
    hard_value(void (*function)(void)), hard_return(void (*function)(void)),
    hard_vector(void (*function)(void)), hard_stack(void (*function)(void), char *stack),
    hard_signal(void);

/* Uses all registers that a function preserves, as they are saved then. */
static __attribute__((noinline)) void ask(void)
{
    __asm__ volatile("xor %%ebx, %%ebx\nxor %%r12, %%r12\nxor %%r13, %%r13\n"
                     "xor %%r14, %%r14\nxor %%r15, %%r15" ::
                         : "rbx", "r12", "r13", "r14", "r15");
    getppid();
    __asm__ volatile("" ::: "memory");
}

/* One within the other. */
static void ask_deeper(void)
{
    hard_register(ask);
    __asm__ volatile("" ::: "memory");
}

static void handle(int number)
{
    (void)number;
    getpgrp();
}

static __attribute__((ms_abi, noinline)) int ask_by_windows(int number)
{
    return (int)getuid() + number;
}

/* Its own local variable is aligned, by which gcc's frame is hard. */
static __attribute__((noinline)) void ask_aligned(void)
{
    volatile char room[256] __attribute__((aligned(128)));

    room[0] = 1;
    hard_expression(ask);
    room[1] = room[0];
}

int main(void)
{
    static void (*const functions[])(void (*)(void)) = { hard_register, hard_expression, hard_value,
                                                         hard_return, hard_vector };
    static char lower[STACK_SIZE] __attribute__((aligned(16)));
    int sum = 0;

    signal(SIGTRAP, handle);
    for (int i = 0; i < ROUNDS; i++) {
        for (size_t j = 0; j < sizeof(functions) / sizeof(*functions); j++) {
            functions[j](ask);
            functions[j](ask_deeper);
        }
        hard_stack(ask, lower + STACK_SIZE);
        hard_stack(ask_deeper, lower + STACK_SIZE);
        ask_aligned();
        hard_signal();
        sum += ask_by_windows(i);
    }
    puts(sum < 0 ? "" : "done");
    return 0;
}
