/* libcode.c - built twice, as libcode1.so and libcode2.so: one segment has the code, whose offsets
 * in the file are its addresses. */
#include "libcode.h"

extern const int code_version;
const int code_version = CODE; /* to tell the two apart */

long code_ask(long nr)
{
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "0"(nr) : "rcx", "r11", "memory");
    return result;
}
