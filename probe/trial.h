/*
 * trial.h - one run of the command, traced, with some calls taken away: does it work?
 *
 * A process of its own keeps it, and leaves nothing behind, whatever happens: no process, for all
 * orphans become its children; and no file, for the run has a directory of its own, with $TMPDIR in
 * it, where all users may write, as in /tmp. It does so too if it is asked to end (SIGTERM), or who
 * started it is no more.
 */
#ifndef SYSTRACE_TRIAL_H
#define SYSTRACE_TRIAL_H

#include <stdbool.h>
#include <sys/types.h>

enum trial_end {
    TRIAL_WORKS,    /* the test succeeded, or without one the command did, whatever it has left */
    TRIAL_FAILS,    /* it did not, or the command came to an end before its test */
    TRIAL_HANGS,    /* it took too long */
    TRIAL_UNMADE,   /* it worked, but none of the calls was made that were to be taken away */
    TRIAL_ENDS,     /* these are what a run may say; and in place of an answer: */
    TRIAL_OUTLIVED, /* as TRIAL_WORKS, and the command was still running when its test had ended */
    TRIAL_NOT_EXECUTABLE, /* the command, if nothing was taken away */
    TRIAL_NOT_FOUND,      /* likewise: it, or its interpreter */
    TRIAL_TROUBLE,        /* the run could not be made */
};

/* As the tracer ends without a run, and so the probe. */
enum { EXIT_OURS = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

struct trial {
    char *const *command;
    const char *test;           /* a shell command, run beside it; NULL: none */
    const char *const *options; /* of the tracer, NULL-terminated */
    int run;                    /* an open file, for the run file, if nothing is taken away; */
                                /* -1: something is, and nobody wants it */
    bool outlives;              /* the command is to run until its test has ended */
    bool loud;                  /* what the test complains of is shown */
    double limit;               /* seconds; 0: none */
    unsigned slot;              /* of the runs side by side: $SYSTRACE_SLOT */
};

/* The process that keeps it, a child, which ends by itself; or a negative errno. The caller has
 * blocked SIGCHLD and SIGTERM. */
pid_t trial_start(const struct trial *trial);

/* By the status of that process. */
enum trial_end trial_end(int status);

#endif
