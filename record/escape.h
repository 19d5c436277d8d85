/*
 * escape.h - raw bytes as printable UTF-8 text and back, for every format that holds names. Bytes
 * that are not UTF-8 and control characters (C0, DEL, C1) are written \xNN with lower-case digits,
 * a backslash \\; all else stands for itself. So no name can break a line, a terminal or a parser,
 * and none is lost.
 */
#ifndef SYSTRACE_ESCAPE_H
#define SYSTRACE_ESCAPE_H

#include <stdbool.h>

/* The text for these bytes, to be freed; NULL if out of memory. */
char *escape(const char *raw);

/* Is there nothing in the text that escape() does not write? A backslash may be anywhere. */
bool is_printable(const char *text);

/* The bytes for this text, to be freed by the caller: -EINVAL if it has a backslash that escape()
 * does not write, or stands for a NUL; -ENOMEM. */
int unescape(const char *text, char **ret);

#endif
