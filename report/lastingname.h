/*
 * lastingname.h - by which name a library is the same one in two runs, though it has become another
 * file meanwhile: its soname, if the file is named like it; of a program's file, which has none,
 * the program's name; else the file's name with no more of its version than a soname has
 * ("libfoo.so.1.2" is libfoo.so.1).
 */
#ifndef SYSTRACE_LASTINGNAME_H
#define SYSTRACE_LASTINGNAME_H

#include "record/run.h"

/* Raw bytes, by module of the run; to be freed with lasting_names_free(). NULL: no memory. */
char **lasting_names(const struct run *run);
void lasting_names_free(char **names, const struct run *run);

#endif
