/*
 * needs.h - when libraries need their system calls: to get there, while they serve, or at the end.
 * What none has asked for since the service began can be taken away then.
 */
#ifndef SYSTRACE_NEEDS_H
#define SYSTRACE_NEEDS_H

#include <stdbool.h>
#include "report/callers.h"

/* A part of a process's life; a library may need a call in several. */
enum need {
    NEED_BEFORE = 1 << 0,  /* phases load and main, and the user's that are not of service */
    NEED_SERVING = 1 << 1, /* those of the user's that are */
    NEED_EXIT = 1 << 2,    /* the phase exit */
};

/* Is the user's phase of this index in run.phases one of service? `serving`: globs of their names,
 * NULL-terminated; NULL: all are. */
bool needs_is_serving(const struct run *run, uint32_t phase, char *const *serving);

struct needs {
    struct library_need {
        uint64_t pair; /* of library and system call */
        unsigned when; /* of enum need */
    } * all;
    size_t count, capacity;
    struct slots slots;
    bool known; /* there is a phase of service */
};

/* Of all calls of a run, whose stacks the callers know. -ENOMEM: there is nothing to deinit. */
int needs_init(struct needs *needs, const struct run *run, const struct callers *callers,
               char *const *serving);
void needs_deinit(struct needs *needs);

/* A library of callers.h and a system call as one number, of such a call. */
uint64_t needs_pair(const struct callers *callers, const struct count *count);

/* The name of when a pair is needed: "before+exit"; "" if no phase is of service. A constant. */
const char *needs_find(const struct needs *needs, uint64_t pair);

#endif
