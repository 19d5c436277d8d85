/*
 * restart.c - a child stops and continues its parent, which sleeps in libblock. The
 * sleep is entered once as clock_nanosleep and again, by the kernel's doing, as restart_syscall:
 * both are libblock's.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "libsignal.h"

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

int main(void)
{
    const pid_t parent = getpid(), child = fork();

    if (child == 0) {
        pause_ms(200);
        kill(parent, SIGSTOP);
        pause_ms(200);
        kill(parent, SIGCONT);
        pause(); /* a traced sleep is interrupted by SIGCHLD too, an untraced one is not */
    }
    block_sleep(1);
    kill(child, SIGKILL);
    return waitpid(child, NULL, 0) != child;
}
