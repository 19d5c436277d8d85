/*
 * driver.h - does what drivers say by the FIFO of --control (control.h), and answers when it holds.
 */
#ifndef SYSTRACE_DRIVER_H
#define SYSTRACE_DRIVER_H

#include "tracer.h"

/* Does what has come, one after the other: what is behind `save` waits until that is done. */
void driver_take_commands(struct tracer *tracer);

/* The saver has ended, with this status as from waitpid(2). */
void driver_saved(struct tracer *tracer, int status);

/* The same of the last one: there will be no more commands. */
void driver_saved_last(struct tracer *tracer, int status);

#endif
