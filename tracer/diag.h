/*
 * diag.h - messages to the user: one line on stderr each, with the program's name.
 */
#ifndef SYSTRACE_DIAG_H
#define SYSTRACE_DIAG_H

#include "status.h"

/* Prints "systrace-lib: MESSAGE"; control characters in it are shown as "?". Keeps errno. */
void diag(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same, and ends the program as failed; in the tracing thread after the results were written as
 * far as they go. Tracees go with us, if they are to (PTRACE_O_EXITKILL). */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
