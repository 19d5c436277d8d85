/*
 * results.c - 7 close that fail and 2 that do not, a sleep of 0.2 s, a pause that a handler ends
 * (an error), and a read that a handler with SA_RESTART interrupts (no error: the program sees
 * none).
 */
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static void handle(int number)
{
    (void)number;
}

static void alarm_soon(int flags)
{
    struct sigaction action = { .sa_handler = handle, .sa_flags = flags };
    struct itimerval soon = { .it_value = { 0, 50000 } };

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
}

int main(void)
{
    struct timespec fifth = { 0, 200000000 };
    char byte;
    int fds[2];

    for (int i = 0; i < 7; i++)
        close(-1);
    close(dup(0));
    close(dup(0));
    nanosleep(&fifth, NULL);
    alarm_soon(0);
    pause();
    if (pipe(fds))
        return 2;
    pid_t child = fork();
    if (!child) {
        usleep(200000);
        return write(fds[1], "", 1) != 1;
    }
    alarm_soon(SA_RESTART);
    return child < 0 || read(fds[0], &byte, 1) != 1;
}
