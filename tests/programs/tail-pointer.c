/*
 * tail-pointer.c - calls through pointers. In a register, tail_getsid of libtail, which leaves by a
 * jump to getsid: nothing tells libtail's 3 calls from the program's 4 of getsid itself, so all
 * are inexact and the program's; but nobody has a jump to getppid, so its 5 are sure. By a variable
 * that is still what it was: libtail's 2 getpgid and the program's 6 are told apart, and sure.
 */
#include <sys/types.h>
#include <unistd.h>

pid_t tail_getsid(void);
pid_t tail_getpgid(pid_t pid);

static pid_t (*variable)(pid_t);

static __attribute__((noinline)) int call_register(pid_t (*function)(void))
{
    __asm__ volatile("" : "+r"(function));
    int result = function();
    __asm__ volatile("" ::: "memory");
    return result;
}

static __attribute__((noinline)) int call_variable(void)
{
    int result = variable(0);
    __asm__ volatile("" ::: "memory");
    return result;
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        call_register(tail_getsid);
    for (int i = 0; i < 4; i++)
        call_register((pid_t(*)(void))(void *)getsid);
    for (int i = 0; i < 5; i++)
        call_register(getppid);
    for (int i = 0; i < 4; i++) {
        variable = i % 2 ? getpgid : tail_getpgid;
        call_variable();
    }
    for (int i = 0; i < 4; i++)
        call_variable();
    return 0;
}
