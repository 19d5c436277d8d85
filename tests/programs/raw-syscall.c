/*
 * raw-syscall.c - libraw-syscall calls getppid 4 times by a syscall instruction of its own: it is
 * the issuer as well as the caller, and libc has no part in it.
 */
long raw_getppid(void);

int main(void)
{
    for (int i = 0; i < 4; i++)
        raw_getppid();
    return 0;
}
