/*
 * output.h - result files: whether they can be written, and writing them so that a reader never
 * sees half a file.
 */
#ifndef SYSTRACE_OUTPUT_H
#define SYSTRACE_OUTPUT_H

#include <stdio.h>

/* One line for the user, without newline. */
enum { OUTPUT_ERROR_MAX = 4096 + 512 };

struct output_error {
    char text[OUTPUT_ERROR_MAX];
};

/*
 * Whether this file can probably be written, to be asked before the work that gives the result: it
 * is no directory, its directory exists and is writable. Leaves nothing behind. 0, or a negative
 * errno and the reason.
 */
int output_check(const char *path, struct output_error *error);

/*
 * Writes what `print` prints: to a new file beside `path` that then takes its place, so that the
 * old one stays as it was if anything fails; what is no regular file (a terminal, pipe or device,
 * anything in /dev or /proc) is written directly. `print` returns 0 or a negative errno. 0, or a
 * negative errno and the reason.
 */
int output_write(const char *path, int (*print)(FILE *file, void *context), void *context,
                 struct output_error *error);

/*
 * For who writes in a thread or a child process that may come to an untimely end: output_share()
 * before it begins, a negative errno if there is no memory for that; output_clean_up() after its
 * end removes the file that it left behind unfinished, if any.
 */
int output_share(void);
void output_clean_up(void);

#endif
