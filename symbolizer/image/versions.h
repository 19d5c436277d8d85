/*
 * versions.h - which set of runtime libraries an ELF file shows to be part of, beyond the names
 * that anybody may give a file: by the version definitions of the GNU C library and of GCC, by a
 * symbol that only musl has.
 */
#ifndef SYSTRACE_VERSIONS_H
#define SYSTRACE_VERSIONS_H

#include "symbolizer/image/image.h"

/* SET_NONE: of none; SET_UNKNOWN: it cannot be read. */
enum runtime_set versions_find_set(const struct image *image);

#endif
