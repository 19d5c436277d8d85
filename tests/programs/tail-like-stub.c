/* tail-like-stub.c - asks libtail-like-stub for 3 getsid, by the GOT. */
#include <sys/types.h>

pid_t stub_getsid(pid_t pid);

/* With a single call here, no compiler keeps the library's address in a register. */
__attribute__((noinline)) static void ask(void)
{
    stub_getsid(0);
}

int main(void)
{
    for (int i = 0; i < 3; i++)
        ask();
    return 0;
}
