/* libhandler.c - a library whose signal handler calls getsid once, and write where it is told to.
 */
#include <signal.h>
#include <unistd.h>
#include "libsignal.h"

static volatile int wake_fd;

static void handle(int signal)
{
    (void)signal;
    getsid(0);
    if (wake_fd != -1 && write(wake_fd, "x", 1) != 1)
        _exit(1);
}

void handler_install(int signal, int flags, int fd)
{
    struct sigaction action = { .sa_handler = handle, .sa_flags = flags };

    wake_fd = fd;
    sigaction(signal, &action, NULL);
}
