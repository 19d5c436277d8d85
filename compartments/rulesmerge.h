/*
 * rulesmerge.h - several files of rules as one, which allows what any of them does. It is the same
 * in whatever order they come, and if one of them comes twice.
 */
#ifndef SYSTRACE_RULESMERGE_H
#define SYSTRACE_RULESMERGE_H

#include "compartments/rules.h"

/* Compartments are by name, and have all their globs and calls; all is in order. -EINVAL: they
 * differ in what is no list, or a library may be in two compartments, of which there is no first;
 * `error` says "NAME:LINE:COLUMN: WHAT". -ENOMEM. Then there is nothing to deinit. */
int rules_merge(struct rules *ret, const struct rules *files, size_t count,
                char error[static YAMLFILE_ERROR_MAX]);

#endif
