/*
 * probing.h - which calls a command needs: the runs that find out, and what they have found.
 * singly.h and together.h say which runs.
 */
#ifndef SYSTRACE_PROBING_H
#define SYSTRACE_PROBING_H

#include "probe/crew.h"
#include "probe/journal.h"
#include "probe/pairs.h"
#include "probe/remaining.h"

#define PROBING_JOURNAL "systrace-lib-probe-journal/1"

struct probing {
    /* What is asked for; borrowed. */
    char *const *command;
    const char *test; /* NULL: the command's own status says */
    bool by_library;
    bool resume, quiet;
    unsigned jobs;
    uint32_t wanted; /* runs of each kind */
    double limit;    /* seconds that a run may take; 0: by the first */
    long together;   /* so many runs may look for pairs that go together */
    const struct table_options *options;
    char *const *tracer_options; /* these, as the tracer takes them: NULL-terminated */
    /* What is known. */
    enum trial_end first; /* the first run's end; by that of several that is the last */
    struct pairs pairs;
    struct journal journal;
    bool outlives; /* the command runs until it is ended: each of the first runs did */
    bool at_once;  /* all pairs that may be taken away can be, at once */
    size_t candidates;
    /* How it is done. */
    struct crew crew;
    char **taken; /* owned: by each member's run (taking.h) */
    struct remaining remaining;
};

/* Makes the first run, and reads what an earlier probe knew. `journal` is the path of one, owned
 * from here on, or NULL. 0; -EINTR: a signal came, probing->crew.signal; or another negative errno,
 * after a complaint. All here return that. */
int probing_begin(struct probing *probing, char *journal);

/* Has a member of the crew that is free make a run without these (taking.h). */
int probing_start(struct probing *probing, const char *taken);

/* Waits for the end of a run, and notes it. */
int probing_wait(struct probing *probing, enum trial_end *ret);

/* Ends all runs, also after an error. What is known stays. */
void probing_end(struct probing *probing);
void probing_deinit(struct probing *probing);

#endif
