/*
 * crew.h - runs side by side, and the signals that end them all.
 */
#ifndef SYSTRACE_CREW_H
#define SYSTRACE_CREW_H

#include <signal.h>
#include <stdint.h>
#include "probe/trial.h"

struct crew {
    pid_t *keepers; /* of each member; 0: it has no run */
    unsigned size;
    sigset_t signals, before;    /* that are waited for, and the mask that there was */
    void (*tick)(void *context); /* is called every second */
    void *context;
    int signal; /* the one that ended it; 0: none */
};

/* -ENOMEM. From here on SIGINT and the like are for crew_wait(). */
int crew_init(struct crew *crew, unsigned size, void (*tick)(void *context), void *context);

/* Ends what still runs. */
void crew_deinit(struct crew *crew);

/* Has a member that has none make a run; trial->slot is the member. A negative errno. */
int crew_start(struct crew *crew, const struct trial *trial);

/* A member that has no run, or -1. */
int crew_free(const struct crew *crew);

/* Waits for the end of a run, and of all if a signal comes: the member that had made it, or -EINTR.
 * There is one. */
int crew_wait(struct crew *crew, enum trial_end *ret);

#endif
