/*
 * tail-stream.c - calls by a register what leaves to libc, and from there through a pointer: 3
 * writes of libtail-stream, which seem to be the program's. Nothing tells them apart from a call of
 * the function itself that is found: a doubt.
 */
#include <stdio.h>

int tail_overflow(FILE *stream);

static __attribute__((noinline)) int call_register(int (*function)(FILE *), FILE *stream)
{
    __asm__ volatile("" : "+r"(function));
    int result = function(stream);
    __asm__ volatile("" ::: "memory");
    return result;
}

int main(void)
{
    FILE *stream = fopen("/dev/null", "w");

    if (!stream || setvbuf(stream, NULL, _IONBF, 0))
        return 1;
    for (int i = 0; i < 3; i++) {
        if (call_register(tail_overflow, stream) != 'x')
            return 1;
    }
    return fclose(stream) != 0;
}
