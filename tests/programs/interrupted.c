/*
 * interrupted.c - a handler interrupts blocked calls, each without SA_RESTART, then with it. The
 * kernel restarts a futex wait with it, a poll and a sleep never: 2 poll and 2 clock_nanosleep fail
 * with EINTR; the futex wait fails so once, and once is entered again, when the word has changed: 3
 * futex in all. The handler calls getsid, 6 times, and returns by rt_sigreturn. Who interrupts is a
 * child that looks until its parent sleeps. All calls are the executable's.
 */
#include <errno.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "asleep.h"

static volatile int word;

static void handle(int signal)
{
    (void)signal;
    getsid(0);
    word = 1;
}

/* A child that interrupts its parent as soon as that sleeps; it does not end by itself, for SIGCHLD
 * would interrupt, too. */
static pid_t interrupter(void)
{
    const pid_t parent = getpid(), child = fork();

    if (child)
        return child;
    await_sleep(parent);
    kill(parent, SIGUSR1);
    for (;;)
        pause();
}

/* Each returns true if the call ended as it must. */

static int block_in_poll(int restarts)
{
    (void)restarts;
    return poll(NULL, 0, 60000) == -1 && errno == EINTR;
}

static int block_in_sleep(int restarts)
{
    struct timespec left = { .tv_sec = 60 };

    (void)restarts;
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR && left.tv_sec > 0;
}

static int block_in_futex(int restarts)
{
    word = 0;
    return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, NULL) == -1 &&
           errno == (restarts ? EAGAIN : EINTR);
}

int main(void)
{
    static int (*const kinds[])(int) = { block_in_poll, block_in_sleep, block_in_futex };

    for (size_t i = 0; i < 2 * sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct sigaction action = { .sa_handler = handle,
                                          .sa_flags = i % 2 ? SA_RESTART : 0 };

        sigaction(SIGUSR1, &action, NULL);
        const pid_t child = interrupter();
        if (!kinds[i / 2](i % 2))
            return 1;
        kill(child, SIGKILL);
        if (waitpid(child, NULL, 0) != child)
            return 2;
    }
    return 0;
}
