/*
 * signals.c - the handlers of signals to the tracer.
 *
 * A handler only writes down what came, in a ring that the loop reads between two stops. Should the
 * signal come just before waitpid(2), that would not be interrupted by it; so the handler starts
 * the timer, whose ticks interrupt every wait until the ring is empty.
 *
 * What would end us is ignored or caught. That must be set after the fork, for the command is to
 * have what we were given; and children of ours that write results ignore what the loop takes.
 */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

enum {
    TICK_MICROSECONDS = 500000,
    NOTES = 32, /* more of them than that, not yet taken, say nothing new */
    MASK_SIZE = 8,
};

static const int noted[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGTTIN, SIGXCPU };

enum { NOTED = sizeof(noted) / sizeof(*noted) };

/* What the handlers say to the loop, which runs in the same thread: the one adds, the other takes.
 */
static struct {
    volatile struct sent_signal notes[NOTES];
    volatile sig_atomic_t added, taken; /* how many so far, modulo 2 * NOTES */
    volatile sig_atomic_t tick;         /* the timer has gone off, */
    volatile sig_atomic_t ticking;      /* as it does again and again, */
    volatile sig_atomic_t expected;     /* or will do once more */
} state;

/* It goes off after so many microseconds, and then again and again; 0: not any more. */
static void set_timer(long first)
{
    struct itimerval tick = { { 0, first ? TICK_MICROSECONDS : 0 }, { 0, first } };
    setitimer(ITIMER_REAL, &tick, NULL);
}

/* If nobody needs it. */
static void stop_timer(void)
{
    if (!state.ticking && !state.expected && state.taken == state.added)
        set_timer(0);
}

void signals_start_ticking(void)
{
    state.ticking = true;
    set_timer(TICK_MICROSECONDS);
}

void signals_stop_ticking(void)
{
    state.ticking = false;
    set_timer(0);
}

bool signals_take_tick(void)
{
    if (!state.tick)
        return false;
    state.tick = state.expected = false;
    stop_timer();
    return true;
}

void signals_tick(void)
{
    state.tick = true;
    set_timer(TICK_MICROSECONDS);
}

void signals_tick_in(unsigned milliseconds)
{
    state.expected = true;
    set_timer((long)milliseconds * 1000);
}

void signals_tick_by(int fd)
{
    struct f_owner_ex owner = { F_OWNER_TID, gettid() };

    if (fd < 0)
        return;
    fcntl(fd, F_SETOWN_EX, &owner);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC);
    signals_tick();
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    int saved = errno;

    (void)context;
    if ((state.added - state.taken + 2 * NOTES) % (2 * NOTES) < NOTES) {
        volatile struct sent_signal *note = &state.notes[state.added % NOTES];
        note->number = number;
        note->code = info->si_code;
        note->sender = info->si_pid;
        state.added = (state.added + 1) % (2 * NOTES);
    }
    set_timer(TICK_MICROSECONDS); /* should the loop just be about to wait */
    errno = saved;
}

static void on_alarm(int number)
{
    state.tick = true;
    (void)number;
}

bool signals_take(struct sent_signal *ret)
{
    if (state.taken == state.added)
        return false;
    const volatile struct sent_signal *note = &state.notes[state.taken % NOTES];
    *ret = (struct sent_signal){ note->number, note->code, note->sender };
    state.taken = (state.taken + 1) % (2 * NOTES);
    stop_timer();
    return true;
}

bool signals_take_ttou(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTTOU);
    return sigtimedwait(&set, NULL, &(struct timespec){ 0 }) == SIGTTOU;
}

static void on_input(int number)
{
    int saved = errno;

    (void)number;
    signals_tick();
    errno = saved;
}

/* Those that the tracing thread must get. */
static sigset_t caught(void)
{
    sigset_t ret;

    sigemptyset(&ret);
    sigaddset(&ret, SIGALRM);
    sigaddset(&ret, SIGIO);
    for (size_t i = 0; i < NOTED; i++)
        sigaddset(&ret, noted[i]);
    return ret;
}

/* Is nothing done about this signal unless there is a handler; or does it stop us? */
static bool is_harmless(int number)
{
    return number == SIGCHLD || number == SIGCONT || number == SIGURG || number == SIGWINCH ||
           number == SIGTTOU || number == SIGSTOP || number == SIGKILL;
}

/* Ignores what would end us. By the kernel's own call: libc hides the two first real-time signals,
 * which anybody can send for all that. What somebody else has a handler for (libc, a sanitizer)
 * does not end us. */
static void ignore_deadly(void)
{
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        unsigned long mask;
    } action; /* the kernel's */

    for (int number = 1; number <= SIGRTMAX; number++) {
        if (is_harmless(number) ||
            syscall(SYS_rt_sigaction, number, NULL, &action, MASK_SIZE) < 0 ||
            action.handler != (void *)SIG_DFL)
            continue;
        action.handler = (void *)SIG_IGN;
        syscall(SYS_rt_sigaction, number, &action, NULL, MASK_SIZE);
    }
}

/* waitpid must be interrupted: no SA_RESTART. A handler is not interrupted by another. */
static void set_handlers(void)
{
    struct sigaction note = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO }, former;
    struct sigaction wake = { .sa_handler = on_alarm };
    struct sigaction input = { .sa_handler = on_input };
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    /* If it were ignored, statuses would be lost; for each stop the kernel need not send one. */
    struct sigaction quiet = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDSTOP };

    note.sa_mask = input.sa_mask = caught();
    for (size_t i = 0; i < NOTED; i++) {
        bool stops = noted[i] == SIGTSTP || noted[i] == SIGTTIN;
        if (!stops || (!sigaction(noted[i], NULL, &former) && former.sa_handler != SIG_IGN))
            sigaction(noted[i], &note, NULL);
    }
    sigaction(SIGALRM, &wake, NULL);
    sigaction(SIGIO, &input, NULL);
    sigaction(SIGCHLD, &quiet, NULL);
    sigaction(SIGPIPE, &ignore, NULL); /* a closed pipe is an error of writing, with a message; */
    sigaction(SIGXFSZ, &ignore, NULL); /* and so is a file that becomes larger than allowed */
}

void signals_block(void)
{
    sigset_t set = caught();

    sigaddset(&set, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    set_handlers();
    ignore_deadly();
}

void signals_catch(void)
{
    sigset_t set = caught();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void signals_ignore(void)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    for (size_t i = 0; i < NOTED; i++)
        sigaction(noted[i], &ignore, NULL);
}
