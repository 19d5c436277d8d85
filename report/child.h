/*
 * child.h - other programs that make a part of the results: whether they are there, and running
 * them.
 */
#ifndef SYSTRACE_CHILD_H
#define SYSTRACE_CHILD_H

#include <stdbool.h>
#include <stdio.h>

/* Is there a program of this name, in $PATH? */
bool child_exists(const char *program);

/* Runs a command, found by $PATH and never by a shell, and waits for its end. Its standard input is
 * the file from its beginning, which is flushed; what it prints goes to `out`, what it complains of
 * to where it goes from here. A negative errno: -EIO if it fails, or prints nothing. Errors of
 * `out` are left to ferror(3). */
int child_filter(char *const command[], FILE *in, FILE *out);

/* An empty file in memory, for such input; NULL: errno says why. */
FILE *child_file(void);

#endif
