/*
 * resume.h - lets tracees go on from their stops, and stops them.
 */
#ifndef SYSTRACE_RESUME_H
#define SYSTRACE_RESUME_H

#include "tracer.h"

/* The only place where tracees go on, with `signal` unless that is 0. That one is gone by now is no
 * error: its death will be waited for. */
void resume_tracee(struct tracer *tracer, struct tracee *tracee, int signal);

/* Stops a tracee wherever it is; that is reported as STOP_START, or STOP_GROUP, unless there is
 * another stop first. */
void resume_interrupt(struct tracee *tracee);

/*
 * A blocked call has been interrupted, by a stop that we asked for or by a signal that would not
 * have reached an untraced program, for it is ignored. The kernel restarts most calls then; some it
 * has fail with EINTR, which a program that gets no signals is not prepared for. They are made to
 * be restarted too, unless a handler runs. (Their time-out begins again.) A signal that stops the
 * process, and is no handler's, does make them fail: `stopping` takes it back. True if anything was
 * changed.
 */
bool resume_restarted(const struct tracer *tracer, const struct tracee *tracee, bool stopping);

/* In a stop at the end of a call: will the kernel make it again, unless a handler runs? */
bool resume_repeats(const struct tracee *tracee);

/*
 * A thread is about to install a filter for its whole process. From then on the others must stop at
 * every entry, before that filter can deny it; they do once they have stopped anywhere. The thread
 * is held until no other is running: what sleeps in the kernel must pass such a stop on its way
 * out.
 */
void resume_watched(struct tracer *tracer, struct tracee *installer);

/* Lets such threads go for whom it is time. After all that was waited for is handled. */
void resume_installers(struct tracer *tracer);

#endif
