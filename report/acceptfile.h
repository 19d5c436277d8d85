/*
 * acceptfile.h - reads files of what is accepted (accept.h), and writes one.
 */
#ifndef SYSTRACE_ACCEPTFILE_H
#define SYSTRACE_ACCEPTFILE_H

#include "report/accept.h"
#include "report/difference.h"

/* 0, or a negative errno after a complaint (complain.h): there is nothing to deinit. */
int acceptfile_read(const char *path, size_t key_count, struct accepts *ret);

/* Says in a line which entries accept nothing that appeared, if any. */
void acceptfile_complain_of_unused(const char *path, const struct accepts *accepts);

/*
 * Writes all that appeared to a file: behind what it has already, as it is there, if it exists;
 * what that accepts is not written again. 0, or a negative errno after a complaint.
 */
int acceptfile_write(const char *path, const struct difference *difference);

#endif
