/*
 * signals.h - signals to the tracer itself: passed on to the command, kept for the loop to act on,
 * or ticks of a timer. The tracing thread alone takes them, for its waitpid(2) must be interrupted.
 */
#ifndef SYSTRACE_SIGNALS_H
#define SYSTRACE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* For the handlers, which have no other way to know; and what they say to the loop. */
extern struct signals {
    volatile pid_t command;        /* who gets them; 0: none, or it has ended */
    volatile sig_atomic_t pending; /* the last that was for the command, while there was none */
    volatile sig_atomic_t suspend; /* the terminal's ^Z came: we stop when the command does */
    volatile sig_atomic_t tick;    /* the timer has gone off */
} signals;

/* Blocks what is caught, in the calling thread; those it starts inherit that. After the fork: the
 * command keeps the mask that we were given. */
void signals_block(void);

/* Catches all signals that concern us, in the calling thread. `command` may be 0. */
void signals_catch(pid_t command);

/* Ignores them: for a child of ours that has something to bring to its end. */
void signals_ignore(void);

/* Lets signals.tick be set twice a second, or no more. */
void signals_start_ticking(void);
void signals_stop_ticking(void);

#endif
