/*
 * frames.c - frames of unusual form, each with calls by the executable through libc: main, whose
 * locals are over-aligned, calls getppid once; a function with alloca getpgrp 3 times; one with
 * over-aligned locals and an array of variable length getsid 2 times; one whose last instruction is
 * a call that does not return getpgid once, and prints whether the return address is in the next
 * function. Built with -O0, -O2 and -O3.
 */
#include <alloca.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static jmp_buf out;

/* Keeps what it points to in memory. */
static void use(void *pointer)
{
    __asm__ volatile("" : : "r"(pointer) : "memory");
}

__attribute__((noinline)) static void with_alloca(size_t size)
{
    for (size_t i = 1; i <= 3; i++) {
        use(alloca(i * size));
        getpgrp();
    }
}

__attribute__((noinline)) static void with_alignment(size_t size)
{
    _Alignas(64) char aligned[64];
    char array[size];

    use(aligned);
    use(array);
    getsid(0);
    getsid(0);
}

__attribute__((noinline, noreturn)) static void leave(const char *next)
{
    getpgid(0);
    printf("%d\n", __builtin_return_address(0) == next);
    longjmp(out, 1);
}

/* In a section of their own, side by side. */
__attribute__((noinline, section(".text.frames"))) static void ends_in_call(void);
__attribute__((noinline, section(".text.frames"), aligned(1))) static int after_it(char *text);

static void ends_in_call(void)
{
    leave((const char *)(uintptr_t)after_it);
}

static int after_it(char *text)
{
    char copy[1000];

    use(strcpy(copy, text));
    return getpid();
}

int main(int argc, char **argv)
{
    _Alignas(32) char aligned[32] = "";

    use(aligned);
    getppid();
    with_alloca((size_t)argc * 100);
    with_alignment((size_t)argc * 100);
    if (!setjmp(out))
        ends_in_call();
    return argc > 1 && after_it(argv[1]);
}
