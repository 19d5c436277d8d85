/*
 * injection.h - what is to become of calls that a library asks for: the options --inject, in
 * strace's words (strace(1), "Tampering") with the library in front. Nothing here asks the kernel.
 */
#ifndef SYSTRACE_INJECTION_H
#define SYSTRACE_INJECTION_H

#include "report/callset.h"

enum { INJECTIONS_MAX = 1024, INJECTION_ERROR_MAX = 512 };

/* "LIBRARY:SET:error=ERRNO|retval=N[:signal=SIG][:when=FIRST[..LAST][+[STEP]]]" */
struct injection {
    char *text;          /* owned, with the library in it */
    const char *library; /* a glob (report/glob.h) of the caller's escaped name */
    struct callset set;
    bool refuse;    /* the kernel does not see the call, which returns */
    int64_t result; /* this; -errno of an error */
    int signal;     /* is sent to the thread; 0: none */
    uint64_t first, last, step;
};

struct injections {
    struct injection *all; /* owned */
    size_t count;
};

/* Those that are about a library: a bit for each. */
struct injection_set {
    uint64_t bits[INJECTIONS_MAX / 64];
};

/* How often a thread has made each of the calls that injections with `when` are about. */
struct injection_state {
    struct injection_seen {
        uint32_t injection, abi, nr;
        uint64_t calls;
    } * seen; /* owned */
    size_t count, capacity;
};

/* Adds what an option says. 0, or negative: `error` says in a line what is wrong. */
int injections_add(struct injections *injections, const char *option,
                   char error[static INJECTION_ERROR_MAX]);
void injections_deinit(struct injections *injections);

/* Those about a library of this name, which is escaped. */
struct injection_set injections_about(const struct injections *injections, const char *library);

/*
 * A thread makes a call. Of the injections about its caller the first that is about the call, and
 * whose turn it is by its `when`, which counts the thread's calls of each ABI and number by
 * themselves (as strace does); NULL if there is none. What there is no memory to count is its first
 * call again.
 */
const struct injection *injections_judge(const struct injections *injections,
                                         const struct injection_set *about,
                                         struct injection_state *state, enum abi abi, uint32_t nr);

void injection_state_deinit(struct injection_state *state);

#endif
