/*
 * signal.c - a handler in libhandler interrupts read in libblock, twice. First without SA_RESTART:
 * read fails with EINTR. Then with it: the handler writes a byte into the pipe, and the read is
 * entered again. libblock: 3 reads; libhandler: 2 getsid and 1 write to the pipe, with neither
 * libblock nor the executable on their stacks; the 2 rt_sigreturn are libc's, of the signal frame
 * itself.
 */
#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>
#include "libsignal.h"

int main(void)
{
    const struct itimerval soon = { .it_value = { .tv_usec = 200000 } };
    int fds[2];

    if (pipe(fds))
        return 2;
    handler_install(SIGALRM, 0, -1);
    setitimer(ITIMER_REAL, &soon, NULL);
    if (block_read(fds[0]) != -1 || errno != EINTR)
        return 1;
    handler_install(SIGALRM, SA_RESTART, fds[1]);
    setitimer(ITIMER_REAL, &soon, NULL);
    return block_read(fds[0]) != 1;
}
