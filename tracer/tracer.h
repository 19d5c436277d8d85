/*
 * tracer.h - the state of the tracer, shared by the files of the loop: trace.c, entry.c, effects.c,
 * family.c, lineage.c, resume.c.
 */
#ifndef SYSTRACE_TRACER_H
#define SYSTRACE_TRACER_H

#include <pthread.h>
#include "control.h"
#include "hotsites.h"
#include "meaning.h"
#include "jit.h"
#include "judge.h"
#include "launch.h"
#include "near.h"
#include "phasecode.h"
#include "policylog.h"
#include "progress.h"
#include "queue.h"
#include "readahead.h"
#include "served.h"
#include "symbolizer/image/images.h"
#include "symbolizer/unwind/unwind.h"
#include "symbolizer/unwind/verify.h"
#include "tracee.h"

struct tracer {
    const struct options *options;
    int (*save)(const struct options *options, struct run *run); /* trace.h */
    struct run *run;
    uint32_t execution;        /* its index in the run */
    bool seccomp;              /* the engine */
    bool agent;                /* the same, and the agent counts (agents.h), */
    struct hotsites hot_sites; /* at these calls */
    struct meanings meanings;
    struct images images;
    struct served served;
    struct readahead readahead;
    struct jit jit;
    struct unwinder unwinder;
    struct verify verify;
    struct phase_code phase_code;
    struct judge judge;
    struct policy_log policy_log;
    uint64_t phases_begun; /* a bit for each --phase that any process has begun */
    struct tracees tracees;
    struct launch launch;
    struct near near;
    struct progress progress;
    bool show_progress;

    int result;          /* the exit status to end with after a failure of ours; 0 */
    bool started;        /* the command's first execve was seen */
    pid_t command;       /* it, as long as it lives; 0: there is none */
    int status;          /* the command's wait status, once it has ended */
    bool suspending;     /* ^Z came: we stop when the command does */
    bool suspend;        /* it did: stop likewise, for the shell waits for us */
    bool forwarded;      /* a signal was passed on to what the command left running */
    bool leaving;        /* the tracees that live on are resumed for the last time */
    bool cut_short;      /* there was another, or there is no time left: tracing ends here */
    bool out_of_time;    /* the CPU time that we may use is all but used up */
    unsigned installing; /* threads that are held while they install a filter */
    unsigned postponed;  /* tracees that wait for a file to be read */
    unsigned held;       /* tracees that no parent has announced yet */
    unsigned waits;      /* as long as there are many tracees */
    unsigned orphans;    /* tracees that died in a clone call: their children wait for no event */

    pid_t saver;         /* writes the results as they were a while ago (saving.h) */
    uint64_t next_save;  /* nanoseconds */
    uint64_t stopped_at; /* when the stop being handled was waited for; nanoseconds */

    struct control control;
    bool paused; /* a driver has said so: calls are not recorded */
    enum {
        SAVE_NONE,
        SAVE_WANTED, /* once the saver that is at it has ended */
        SAVE_BEGUN,
    } save_asked; /* by a driver, who waits for the answer */

    struct queue queue;

    bool ended;  /* it has come to its end, and with it all that was to be traced */
    bool saving; /* the run is being written, and put in order for that */
};

/* The execution that is being recorded. */
static inline struct execution *tracer_execution(const struct tracer *tracer)
{
    return &tracer->run->executions[tracer->execution];
}

#endif
