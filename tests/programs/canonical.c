/*
 * canonical.c - takes the address of a library's function, without being position-independent: so
 * the function's address is that of a stub of this program's, in the slots of all libraries, too.
 */
#include <sys/types.h>

pid_t canonical_getsid(void);
pid_t canonical_call(void);

static pid_t (*volatile canonical)(void);

int main(void)
{
    canonical =
        canonical_getsid; /* in code: of data, the loader would fill in the function's own */
    for (int i = 0; i < 4; i++)
        canonical_call();
    return !canonical;
}
