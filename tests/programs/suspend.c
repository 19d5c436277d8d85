/*
 * suspend.c - a program with a handler for ^Z, as vim and less have: it says so, stops itself by
 * the same signal, and when it is continued says that and ends with status 7.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void say(const char *text, size_t size)
{
    if (write(STDOUT_FILENO, text, size) < 0)
        abort();
}

static void on_suspend(int number)
{
    sigset_t set;

    say("handler\n", 8);
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
    say("continued\n", 10);
    _exit(7);
}

int main(void)
{
    signal(SIGTSTP, on_suspend);
    say("ready\n", 6);
    for (;;)
        pause();
}
