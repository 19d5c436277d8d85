/*
 * starts.h - what the start of a program asks for before its own code runs, whatever it is: for a
 * filter that is there before the program is executed. The static half of --with-start; the other
 * is what the run shows (allowlist.h).
 */
#ifndef SYSTRACE_STARTS_H
#define SYSTRACE_STARTS_H

#include <stdbool.h>
#include <stddef.h>

struct start {
    const char *source;       /* whose calls these are, and how that is known */
    bool launcher;            /* of an OCI runtime, between its seccomp(2) and its execve(2) */
    const char *const *names; /* NULL-terminated; of all ABIs */
};

extern const struct start starts[];
extern const size_t starts_count;

#endif
