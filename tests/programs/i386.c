/*
 * i386.c - a real 32-bit program, without any library: its start code calls getppid 3 times by int
 * $0x80 and exits.
 */
__attribute__((noreturn)) void _start(void);

static int int80(int nr, int argument)
{
    int result;

    __asm__ volatile("int $0x80" : "=a"(result) : "0"(nr), "b"(argument) : "memory");
    return result;
}

void _start(void)
{
    enum { EXIT = 1, GETPPID = 64 };

    for (int i = 0; i < 3; i++)
        int80(GETPPID, 0);
    for (;;)
        int80(EXIT, 0);
}
