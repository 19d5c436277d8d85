/*
 * signals.h - signals to the tracer itself. The tracing thread alone takes them, for its waitpid(2)
 * must be interrupted. Handlers do no more than note what came, and from whom: the loop judges, for
 * what the traced program sends to its parent or its process group is not the user's wish. What
 * nobody needs is ignored, so that nothing but SIGKILL ends the tracer, and nothing but SIGSTOP
 * stops it.
 */
#ifndef SYSTRACE_SIGNALS_H
#define SYSTRACE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* A signal that came to us. */
struct sent_signal {
    int number;
    int code;     /* siginfo's si_code */
    pid_t sender; /* si_pid: the kernel's word with SI_USER and SI_TKILL; with other negative codes
                     the sender's own; else nothing */
};

/* From here on no signal ends us. The calling thread, and those that it starts, get none of those
 * that signals_catch lets in. After the fork: the command keeps the mask and the dispositions that
 * we were given. */
void signals_block(void);

/* Lets the calling thread get them. */
void signals_catch(void);

/* The oldest signal that was noted and not taken yet: SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP,
 * SIGTTIN or SIGXCPU. False: there is none. */
bool signals_take(struct sent_signal *ret);

/* Takes a SIGTTOU that came to the process: true if one did since the last SIGCONT. It is not
 * noted, and interrupts nothing: caught, it would come again and again where we write to a terminal
 * that is not ours (tostop); blocked, it lets us. */
bool signals_take_ttou(void);

/* Ignores them all: for a child of ours that has something to bring to its end. */
void signals_ignore(void);

/* Lets signals_take_tick be true twice a second, or no more. */
void signals_start_ticking(void);
void signals_stop_ticking(void);

/* Has the timer gone off since the last time, or was there another reason to look up? */
bool signals_take_tick(void);

/* Such a reason: should the calling thread be about to wait, it will not wait long. */
void signals_tick(void);

/* There will be one in so many milliseconds, from 1 to 500. */
void signals_tick_in(unsigned milliseconds);

/* Has the calling thread woken, with a tick, whenever the FIFO open as `fd` can be read; the first
 * time now. Less than 0: there is none. */
void signals_tick_by(int fd);

#endif
