/*
 * runfile.h - run files: a struct run as JSON (docs/formats.md). The bytes depend on nothing but
 * what is recorded: merging is commutative and associative to the byte.
 */
#ifndef SYSTRACE_RUNFILE_H
#define SYSTRACE_RUNFILE_H

#include <stdio.h>
#include "record/run.h"

#define RUNFILE_FORMAT "systrace-lib/2"
/* That in which each stack had all its frames: it is read, too. */
#define RUNFILE_FORMER_FORMAT "systrace-lib/1"

/* Prints the run, which is sorted (run_sort) first. -ENOMEM. Errors of the file are left to
 * ferror(3). */
int runfile_print(FILE *file, struct run *run);

/* What is wrong with a run file, as a sentence without the file's name. */
struct runfile_error {
    char text[512];
};

/*
 * Reads a run file from an open one, which may be packed (gzip.h). It accepts only what the format
 * says: on -EINVAL (no run file, or a malformed one), -ENOMEM or -EIO, `error` says the first thing
 * wrong and `ret` is not to be used.
 */
int runfile_read(FILE *file, struct run *ret, struct runfile_error *error);

/* The same from a path. */
int runfile_load(const char *path, struct run *ret, struct runfile_error *error);

#endif
