/*
 * names.h - names of the functions at places in images, looked up in a child process. Symbols are
 * read by libdwfl, of files that the traced program chose and of others that these name: they may
 * crash it, unpack to more than all memory (.gnu_debugdata), or be a pipe that nobody writes to.
 * There that does no harm.
 */
#ifndef SYSTRACE_NAMES_H
#define SYSTRACE_NAMES_H

#include <stddef.h>
#include <stdint.h>
#include "symbolizer/image.h"
#include "symbolizer/symbols.h"

/* What is wanted of one image. */
struct names_job {
    const struct image *image;
    const uint64_t *offsets; /* sorted */
    size_t count;
};

struct names_limits {
    int milliseconds; /* for an image; after one that took longer, half as much for the next */
    uint64_t bytes;   /* of memory, beyond what we have */
};

enum names_result {
    NAMES_READ,
    NAMES_FAILED,  /* the child died, said nonsense or took too much memory */
    NAMES_TOO_LONG /* it took too long */
};

/* Who gets the answers, by the number of the job. */
struct names_user {
    int (*add)(void *context, size_t job, const struct symbol_name *name);
    /* There are no names for this job, or not all. */
    void (*fail)(void *context, size_t job, enum names_result result);
    void *context;
};

/* Finds the functions at all these places as symbols_open and symbols_find do. 0; a negative errno:
 * of add, or because there is no memory or process to be had. */
int names_find(const struct names_job *jobs, size_t count, const struct names_limits *limits,
               const struct names_user *user);

#endif
