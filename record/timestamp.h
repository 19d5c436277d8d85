/*
 * timestamp.h - points in time as run files have them: UTC with nanoseconds,
 * "2026-01-31T23:59:59.123456789Z".
 */
#ifndef SYSTRACE_TIMESTAMP_H
#define SYSTRACE_TIMESTAMP_H

#include <stdbool.h>
#include <time.h>

enum { TIMESTAMP_SIZE = 64 };

/* Writes to `text` and returns it. */
const char *timestamp_print(const struct timespec *time, char text[static TIMESTAMP_SIZE]);

/* False unless it is what timestamp_print() writes, to the byte. */
bool timestamp_parse(const char *text, struct timespec *ret);

#endif
