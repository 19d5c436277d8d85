/*
 * version.h - the answer to --version: what we are, of what we are made, and what we can do here.
 */
#ifndef SYSTRACE_VERSION_H
#define SYSTRACE_VERSION_H

#include <stdio.h>
#include "options.h"

/* The first line is "systrace-lib VERSION"; each of what can be done is a line "NAME: yes" or
 * "NAME: no: REASON"; the last is "default engine: NAME", by these options for a command, or
 * "default engine: none" with a hint. 0 or a negative errno. */
int version_print(FILE *file, const struct options *options);

#endif
