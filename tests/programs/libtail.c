/*
 * libtail.c - a library that leaves by tail calls: each function ends with a jump to libc, so that
 * no frame of it is on the stack. The build checks that the jumps are there. Built twice: with a
 * PLT, and with -fno-plt, where the jump goes through the GOT.
 */
#include <sys/types.h>
#include <unistd.h>

pid_t tail_getsid(void);
pid_t tail_getpgid(pid_t pid);
int tail_own(void);

pid_t tail_getsid(void)
{
    return getsid(0);
}

/* A function of the same file, called directly, that leaves in the same way. */
__attribute__((noinline, visibility("hidden"))) pid_t tail_hidden(pid_t pid);

pid_t tail_hidden(pid_t pid)
{
    return getpgid(pid);
}

pid_t tail_getpgid(pid_t pid)
{
    return getpgid(pid);
}

int tail_own(void)
{
    return tail_hidden(0) + tail_hidden(0);
}
