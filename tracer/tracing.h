/*
 * tracing.h - the state of the tracing under way, shared by the files of the loop: trace.c,
 * entry.c, family.c, resume.c.
 */
#ifndef SYSTRACE_TRACING_H
#define SYSTRACE_TRACING_H

#include "calls.h"
#include "launch.h"
#include "near.h"
#include "progress.h"
#include "queue.h"
#include "served.h"
#include "symbolizer/image.h"
#include "symbolizer/unwind.h"
#include "symbolizer/verify.h"
#include "trace.h"
#include "tracee.h"

struct trace {
    const struct options *options;
    save_fn *save;
    struct run *run;
    uint32_t execution; /* its index in the run */
    bool seccomp;       /* the engine */
    struct calls calls;
    struct images images;
    struct served served;
    struct unwinder unwinder;
    struct verify verify;
    struct tracees tracees;
    struct launch launch;
    struct near near;
    struct progress progress;
    bool show_progress;

    int result;     /* the exit status to end with after a failure of ours; 0 */
    bool started;   /* the command's first execve was seen */
    int status;     /* the command's wait status, once it has ended */
    bool suspend;   /* the command stopped after ^Z: stop likewise, for the shell waits for us */
    bool forwarded; /* a signal was passed on to what the command left running */
    bool cut_short; /* there was another: tracing ends here */
    unsigned installing; /* threads that are held while they install a filter */
    unsigned postponed;  /* tracees that wait for a file to be read */
    unsigned held;       /* tracees that no parent has announced yet */
    unsigned waits;      /* as long as there are many tracees */
    unsigned orphans;    /* tracees that died in a clone call: their children wait for no event */

    pid_t saver;         /* writes the results as they were a while ago (save_now) */
    uint64_t next_save;  /* nanoseconds */
    uint64_t stopped_at; /* when the stop being handled was waited for; nanoseconds */

    struct queue queue;
};

/* The execution that is being recorded. */
static inline struct execution *trace_execution(const struct trace *trace)
{
    return &trace->run->executions[trace->execution];
}

/* CLOCK_MONOTONIC in nanoseconds. */
uint64_t trace_now(void);

#endif
