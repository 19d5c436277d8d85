/*
 * pairs.h - what is tried: the pairs of a library and a system call that a run shows, or its system
 * calls, whoever asks for them; and what the runs without them have said so far.
 */
#ifndef SYSTRACE_PAIRS_H
#define SYSTRACE_PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "probe/trial.h"
#include "record/run.h"
#include "report/callers.h"

/* What becomes of the calls of a pair: the kernel sees none of them. */
enum way {
    WAY_STUB, /* they fail with ENOSYS */
    WAY_FAKE, /* they return 0 */
    WAYS
};

/* What is known of one way of one pair. */
enum answer {
    ANSWER_NONE,     /* it was not tried */
    ANSWER_WORKS,    /* in each run that made the call */
    ANSWER_FAILS,    /* in each, */
    ANSWER_HANGS,    /* and each took too long */
    ANSWER_UNSTABLE, /* one run worked, another did not */
    ANSWER_UNMADE,   /* no run made the call */
    ANSWERS
};

/* Is the pair among those that were taken away together (together.h)? */
enum share {
    SHARE_NONE,    /* it cannot be done without, or was not asked */
    SHARE_STUB,    /* it is, in this way */
    SHARE_FAKE,    /* likewise */
    SHARE_OUT,     /* not with the others */
    SHARE_UNTRIED, /* the runs that there may be were used up */
    SHARES
};

enum { PAIR_NONE = -1 };

struct pair {
    char *library; /* owned, escaped; "": whoever asks */
    enum abi abi;
    uint32_t nr;
    uint64_t calls;                     /* in the first run that has it */
    uint32_t results[WAYS][TRIAL_ENDS]; /* how many runs ended so */
    enum share share;
    int64_t partner; /* of SHARE_OUT: a pair that it does not go with, or PAIR_NONE */
    bool alone;      /* with that one alone it fails, too */
};

struct pairs {
    struct pair *all; /* owned */
    size_t count, capacity;
};

void pairs_deinit(struct pairs *pairs);

/* The pair with this key, which is made if there is none. NULL: no memory. */
struct pair *pairs_add(struct pairs *pairs, const char *library, enum abi abi, uint32_t nr);

/* Adds those of the run: what [start] asks for, our own execve, is none. -ENOMEM. */
int pairs_of_run(struct pairs *pairs, struct run *run, const struct table_options *options,
                 bool by_library);

enum answer pair_answer(const struct pair *pair, enum way way);

/* Of so many runs that are wanted, how many are still to be made: none once two differ, and up to
 * PAIR_MORE beyond them while the call was not made. */
enum { PAIR_MORE = 2 };
uint32_t pair_missing(const struct pair *pair, enum way way, uint32_t wanted);

/* "stub", "fake"; "works", "fails" and so on, "" if there is no answer; "required", "stub", "fake",
 * "either", or "unstable", if one of the answers is no answer. */
const char *way_name(enum way way);
const char *answer_name(enum answer answer);
enum pair_class { PAIR_REQUIRED, PAIR_FAKE, PAIR_STUB, PAIR_EITHER, PAIR_UNSTABLE, PAIR_CLASSES };
enum pair_class pair_class(const struct pair *pair);
const char *pair_class_name(enum pair_class class);

#endif
