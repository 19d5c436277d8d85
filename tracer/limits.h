/*
 * limits.h - resource limits of the tracer itself. The command has inherited those that we were
 * given, and is to be stopped by them as without us; our own work is not what they were meant for.
 */
#ifndef SYSTRACE_LIMITS_H
#define SYSTRACE_LIMITS_H

#include <stdbool.h>

/* As many files as allowed, for each image keeps its file open; and as much CPU time, but for a
 * reserve. After the fork. */
void limits_raise(void);

/* After a SIGXCPU of the kernel's: true if somebody had set the limit lower, and it is as before
 * again. False: what is left is to write the results in; then the kernel kills us. */
bool limits_extend_cpu(void);

#endif
