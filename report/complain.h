/*
 * complain.h - messages of the commands that read run files, each a line on stderr.
 */
#ifndef SYSTRACE_COMPLAIN_H
#define SYSTRACE_COMPLAIN_H

#include <stdio.h>

/* "systrace-lib: ...". -EINVAL, for the caller to pass on. */
__attribute__((format(printf, 1, 2))) int complain(const char *format, ...);

/* The same of a text that the user gave: "TEXT: WHAT". */
int complain_of(const char *raw, const char *what);

/* The same of a line that is a whole message. */
void complain_line(const char *line);

/* Ends the output to stdout: 0, or -EIO after a complaint if this error (0: none yet, or a negative
 * errno), or one of the stream, spoiled it. */
int complain_of_stdout(int error);

#endif
