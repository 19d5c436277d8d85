/*
 * anon.c - code that the executable writes at run time into anonymous memory and calls. The first
 * piece executes the syscall instruction: 2 getppid, issuer and caller [anon]. The second calls
 * libc: 1 getpgrp, caller [anon], issuer libc. The third calls liba: 1 getpgid, caller liba, issuer
 * libc. There is no unwind information for such code: who called it is guessed by its instructions.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "libask.h"

/* mov $110,%eax; syscall; ret */
static const unsigned char getppid_code[] = { 0xb8, 0x6e, 0, 0, 0, 0x0f, 0x05, 0xc3 };

/* push %rbp; mov %rsp,%rbp; movabs $FUNCTION,%rax; call *%rax; pop %rbp; ret */
static const unsigned char call_code[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0xb8, 0,    0,    0,
                                           0,    0,    0,    0,    0,    0xff, 0xd0, 0x5d, 0xc3 };

enum { FUNCTION_AT = 6 };

int main(void)
{
    unsigned char *page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int (*code)(void) = (int (*)(void))page;
    int (*const functions[])(void) = { getpgrp, a_getpgid };

    if (page == MAP_FAILED)
        return 2;
    memcpy(page, getppid_code, sizeof(getppid_code));
    code();
    code();
    for (int i = 0; i < 2; i++) {
        memcpy(page, call_code, sizeof(call_code));
        memcpy(page + FUNCTION_AT, &functions[i], sizeof(functions[i]));
        code();
    }
    return 0;
}
