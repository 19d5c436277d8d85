/*
 * names.h - names of the functions at places in images, looked up in a child process. Symbols and
 * debug information are read by libdwfl, of files that the traced program chose and of others that
 * these name: they may crash it, unpack to more than all memory (.gnu_debugdata), or be a pipe that
 * nobody writes to. There that does no harm.
 */
#ifndef SYSTRACE_NAMES_H
#define SYSTRACE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "symbolizer/image/image.h"
#include "symbolizer/names/srcline.h"
#include "symbolizer/names/symbols.h"

/* What is wanted of one image. */
struct names_job {
    const struct image *image;
    const uint64_t *offsets; /* sorted; NULL: all functions, and nothing of debug information */
    size_t count;
};

/* What is wanted beside the functions of the symbol table. */
struct names_extent {
    bool inlined; /* the functions inlined there, */
    bool lines;   /* with the source lines of all */
};

struct names_limits {
    int milliseconds; /* for an image; after one that took longer, half as much for the next */
    uint64_t bytes;   /* of memory, beyond what we have */
};

enum names_result {
    NAMES_READ,
    NAMES_FAILED,   /* the child died, said nonsense or took too much memory */
    NAMES_TOO_LONG, /* it took too long */
    NAMES_ELSEWHERE /* of debug information only: some is in .dwo files that are not there */
};

/* Who gets the answers, by the number of the job. */
struct names_user {
    int (*add)(void *context, size_t job, const struct symbol_name *name);
    /* Of a place as srcline_read says, but that each level has a component, if need be the
     * symbol's; several times the same at worst. */
    int (*add_place)(void *context, size_t job, uint64_t offset, const struct level *levels,
                     size_t count);
    /* There is nothing for this job, or not all: with `debug`, of debug information; the names are
     * still to come, or have come. */
    void (*fail)(void *context, size_t job, enum names_result result, bool debug);
    void *context;
};

/* Finds the functions at all these places as symbols_open and symbols_find do, and what is wanted
 * of debug information as srcline_read does. 0; a negative errno: of add or add_place, or because
 * there is no memory or process to be had. */
int names_find(const struct names_job *jobs, size_t count, struct names_extent extent,
               const struct names_limits *limits, const struct names_user *user);

#endif
