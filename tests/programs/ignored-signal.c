/*
 * ignored-signal.c - a thread waits in epoll_wait while the process gets signals that it ignores:
 * by default (SIGCHLD, SIGURG, SIGWINCH) or by SIG_IGN (SIGUSR1). They do not concern the call.
 * Then one with a handler comes, which makes it fail with EINTR.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t handled;

static void handle(int number)
{
    handled = number;
}

int main(void)
{
    static const int ignored[] = { SIGURG, SIGWINCH, SIGUSR1, SIGCHLD };
    struct sigaction action = { .sa_handler = handle, .sa_flags = SA_RESTART };
    struct epoll_event event;
    int set = epoll_create1(0);
    pid_t parent = getpid();

    signal(SIGUSR1, SIG_IGN);
    sigaction(SIGUSR2, &action, NULL);
    pid_t child = fork();
    if (!child) {
        for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++) {
            usleep(50000);
            kill(parent, ignored[i]);
        }
        usleep(50000);
        kill(parent, SIGUSR2);
        _exit(0);
    }
    int result = epoll_wait(set, &event, 1, 10000);
    printf("%d %s, %s\n", result, strerrorname_np(errno), handled ? "handled" : "not handled");
    waitpid(child, NULL, 0);
    return 0;
}
