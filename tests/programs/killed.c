/*
 * killed.c - `killed kill` ends itself by SIGKILL: the kill, which never returns, is the
 * executable's; `killed segv` by writing to address 0; `killed abort` by abort(3) (tgkill); `killed
 * 42` exits with that status. Each calls getsid once before.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    volatile int *volatile nowhere = NULL;

    if (argc != 2)
        return 2;
    getsid(0);
    if (strcmp(argv[1], "kill") == 0)
        kill(getpid(), SIGKILL);
    else if (strcmp(argv[1], "segv") == 0)
        *nowhere = 1;
    else if (strcmp(argv[1], "abort") == 0)
        abort();
    return atoi(argv[1]);
}
