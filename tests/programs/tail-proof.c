/*
 * tail-proof.c - tail calls of which code leaves no doubt: wrap() leaves to one function of libc,
 * choose() to one of two, and hop() to a library's that leaves to libc in turn. The program asks
 * for 100 madvise, 50 fdatasync and 50 fsync, libtail for 10 getsid, all of them sure.
 */
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

pid_t tail_getsid(void);

__attribute__((noinline)) static int wrap(void *p, size_t n, int advice)
{
    return madvise(p, n, advice);
}

__attribute__((noinline)) static int choose(int d)
{
    return d & 1 ? fdatasync(-1000) : fsync(-1000);
}

__attribute__((noinline)) static int hop(void)
{
    return tail_getsid();
}

int main(void)
{
    int sum = 0;

    for (int i = 0; i < 100; i++) {
        sum += wrap(0, 0, 0);
        sum += choose(i);
        if (i % 10 == 0)
            sum += hop();
    }
    return sum == 1; /* (never: all of these fail) */
}
