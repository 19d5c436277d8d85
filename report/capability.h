/*
 * capability.h - what a program may do to others by its system calls: each capability is a set of
 * them. The arguments are not recorded, so a call is in all the capabilities that it may be for
 * (openat opens a file to read or to write), and no sign that it was used so.
 */
#ifndef SYSTRACE_CAPABILITY_H
#define SYSTRACE_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>

struct capability {
    const char *name;            /* "run-program" */
    const char *meaning;         /* for people: "run another program" */
    const char *source;          /* what says that these calls do it */
    const char *const *syscalls; /* NULL-terminated */
};

extern const struct capability capabilities[];
extern const size_t capability_count;

/* Is the call, by its name, one of them? */
bool capability_has(const struct capability *capability, const char *syscall);

/* The names of all that the call may be for, in the table's order, joined by "+":
 * "read-files+write-files"; "none", or "unknown" of a number without a name. Writes to `buffer`,
 * which is large enough for all of them. */
enum { CAPABILITIES_MAX = 512 };
const char *capability_of(const char *syscall, char buffer[static CAPABILITIES_MAX]);

#endif
