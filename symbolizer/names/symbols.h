/*
 * symbols.h - names of functions in one ELF file, by libdwfl: .symtab, .dynsym, separate debug
 * files by build-id and debuglink, .gnu_debugdata. Used after the run, never in the hot path.
 */
#ifndef SYSTRACE_SYMBOLS_H
#define SYSTRACE_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>
#include "record/source.h"

struct symbols;

/* One function: the names at its address are reduced to one (fewest leading underscores, then
 * shortest, then bytewise least; version dropped), demangled by libiberty. */
struct symbol_name {
    char *name;      /* owned by the struct symbols; raw bytes */
    char *component; /* component.h; likewise. "" too if several names do not agree */
    uint64_t offset; /* file offset of its first byte */
    uint64_t size;   /* bytes; never 0, and offset + size is at most INT64_MAX */
    enum source source;
};

/*
 * Reads the function symbols that hold one of `wanted`, file offsets in ascending order (NULL: all
 * symbols), of the file open as `fd` (duplicated; the caller keeps it), whose name
 * was `path` (for debuglink look-up). Never touches the network (debuginfod). Malformed input gives
 * fewer symbols, never a crash. 0, -ENOMEM, -ENOEXEC (no ELF file) or another negative errno.
 */
int symbols_open(struct symbols **ret, const char *path, int fd, const uint64_t *wanted,
                 size_t wanted_count);
void symbols_close(struct symbols *symbols);

/* The function whose [offset, offset + size) holds this file offset, or NULL: never the nearest. Of
 * several (nested ranges), the one that starts last. */
const struct symbol_name *symbols_find(const struct symbols *symbols, uint64_t offset);

/* A name as people read it, "foo::bar(int)" for "_ZN3foo3barEi"; others as they are. To be freed;
 * NULL: no memory. */
char *symbols_demangle(const char *name);

/* One after the other, by their offsets: NULL if there are no more than `number`. */
const struct symbol_name *symbols_at(const struct symbols *symbols, size_t number);

#endif
