/* signals.c - the handlers of signals to the tracer. */
#include "signals.h"

#include <errno.h>
#include <stddef.h>
#include <sys/time.h>
#include <unistd.h>

enum { TICK_MICROSECONDS = 500000 };

static const int passed_on[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

struct signals signals;

void signals_start_ticking(void)
{
    static const struct itimerval tick = { { 0, TICK_MICROSECONDS }, { 0, TICK_MICROSECONDS } };
    setitimer(ITIMER_REAL, &tick, NULL);
}

void signals_stop_ticking(void)
{
    static const struct itimerval none;
    setitimer(ITIMER_REAL, &none, NULL);
}

/*
 * Was a signal sent to us alone, and so is meant for the command? By kill(2) it was. The terminal's
 * ^C and ^\ have reached the command already; its hang-up reaches the leader of the session alone,
 * which the command would be if we were not.
 */
static bool is_for_command(const siginfo_t *info)
{
    return info->si_code <= 0 || (info->si_signo == SIGHUP && getsid(0) == getpid());
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int saved = errno;

    (void)context;
    if (!signals.command) {
        signals.pending = number;
        signals_start_ticking(); /* should the loop just be about to wait */
    } else if (is_for_command(info)) {
        kill(signals.command, number);
    }
    errno = saved;
}

/*
 * ^Z reaches us and the command alike. Were we stopped by it at once, a command that has a handler
 * for it (vim, less: it restores the terminal, then stops itself) would come to run it only after
 * `fg`, and then stop for good, the one SIGCONT being spent.
 */
static void on_suspend(int number)
{
    signals.suspend = true;
    if (!signals.command)
        kill(getpid(), SIGSTOP);
    (void)number;
}

static void on_alarm(int number)
{
    signals.tick = true;
    (void)number;
}

/* Those that the tracing thread must get. */
static sigset_t caught(void)
{
    sigset_t ret;

    sigemptyset(&ret);
    sigaddset(&ret, SIGALRM);
    sigaddset(&ret, SIGTSTP);
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
        sigaddset(&ret, passed_on[i]);
    return ret;
}

void signals_block(void)
{
    sigset_t set = caught();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* waitpid must be interrupted: no SA_RESTART. */
void signals_catch(pid_t command)
{
    struct sigaction forward = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO };
    struct sigaction wake = { .sa_handler = on_alarm };
    struct sigaction suspend = { .sa_handler = on_suspend, .sa_flags = SA_RESTART }, former;
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    /* If it were ignored, statuses would be lost; for each stop the kernel need not send one. */
    struct sigaction quiet = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };
    sigset_t set = caught();

    signals.command = command;
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
        sigaction(passed_on[i], &forward, NULL);
    sigaction(SIGALRM, &wake, NULL);
    sigaction(SIGCHLD, &quiet, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a closed pipe is an error of writing, with a message; */
    sigaction(SIGXFSZ, &ignore, NULL); /* and so is a file that becomes larger than allowed */
    if (!sigaction(SIGTSTP, NULL, &former) && former.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &suspend, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void signals_ignore(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    for (size_t i = 0; i < sizeof(passed_on) / sizeof(*passed_on); i++)
        sigaction(passed_on[i], &ignore, NULL);
}
