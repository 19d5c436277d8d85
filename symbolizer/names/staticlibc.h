/*
 * staticlibc.h - which functions of a statically linked program are the C library's, by what its
 * archives define (archives.h). A program may define functions of the same names, and other
 * versions of the library have others: so a name alone decides only if it is reserved for the
 * library. For the others the place decides, as the linker lays the members of an archive side by
 * side; where it does not, it is not known.
 */
#ifndef SYSTRACE_STATICLIBC_H
#define SYSTRACE_STATICLIBC_H

#include <stddef.h>
#include <stdint.h>

enum origin { ORIGIN_UNKNOWN, ORIGIN_PROGRAM, ORIGIN_LIBC };

/* One symbol of a function. */
struct linked_function {
    uint64_t address;
    const char *name;
    const char *file;   /* of a static one, by STT_FILE: the source, or the object if that has none;
                           linkers but ld leave those behind the file before. NULL: not static */
    enum origin origin; /* the result; the same for all at one address */
};

/* Sorts all functions of an executable by address and tells their origins. 1: done; 0: no C library
 * that we know is linked in, nothing is told; -ENOMEM. */
int staticlibc_tell(struct linked_function *functions, size_t count);

/* The origin of the function at this address, of functions that were told. */
enum origin staticlibc_find(const struct linked_function *functions, size_t count,
                            uint64_t address);

#endif
