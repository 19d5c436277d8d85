/*
 * srcline.h - what DWARF says of places in code, by libdw: the functions that the compiler put into
 * others there, and the source lines. Used after the run, only in a process that may come to harm
 * (names.h).
 */
#ifndef SYSTRACE_SRCLINE_H
#define SYSTRACE_SRCLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One of the functions around a place: the innermost comes first, each is inlined into the next,
 * and the last is the one that the symbol table has. Texts are raw bytes, never NULL. */
struct level {
    char *name;      /* demangled, "[unknown]" if it has none; "" for the last */
    char *component; /* component.h, by its name alone; "" if that does not say */
    char *file;      /* where in it the place is, or the call of the level inside it: */
    uint32_t line;   /* 0: not known, nor is the file, "" */
};

/* Takes the levels of the place with this file offset, at least one. 0 or a negative errno. */
typedef int srcline_fn(void *context, uint64_t offset, const struct level *levels, size_t count);

enum srcline_result {
    SRCLINE_READ,
    SRCLINE_ELSEWHERE, /* of some there may be more: it is in .dwo files that are not there */
};

/*
 * Calls `add` for each of these file offsets, ascending, of which there is something to say: a
 * function is inlined there, or (if `lines`) a line is known. `path` and `fd` are as for
 * symbols_open. No debug information, or malformed: nothing. An enum srcline_result, what `add`
 * returned that is not 0, -ENOMEM, -ENOEXEC (no ELF file) or another negative errno.
 */
int srcline_read(const char *path, int fd, const uint64_t *offsets, size_t count, bool lines,
                 srcline_fn *add, void *context);

#endif
