/*
 * label.h - how libraries are called in what is made for people.
 */
#ifndef SYSTRACE_LABEL_H
#define SYSTRACE_LABEL_H

#include "record/run.h"

/* "MODULE IDENTITY COMPONENT", escaped (escape.h), of raw bytes: the module's name or path, the
 * beginning of its identity, and the component as runs have it; the latter two may be "". To be
 * freed; NULL: no memory. */
char *label_library(const char *module, const char *identity, const char *component);

/* For each module of a run its name, or its path if another has the same name: raw bytes, borrowed
 * from the run, in an array to be freed. NULL: no memory. */
const char **label_modules(const struct run *run);

#endif
