/*
 * options.h - the command line of tracing, parsed.
 */
#ifndef SYSTRACE_OPTIONS_H
#define SYSTRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "injection.h"
#include "phaserule.h"
#include "report/outputs.h"
#include "compartments/rules.h"

enum engine { ENGINE_AUTO, ENGINE_SECCOMP, ENGINE_PTRACE, ENGINE_AGENT };

/* Strings are borrowed from argv; the arrays are owned. */
struct options {
    char **command; /* NULL-terminated; no word if and only if there is something to attach to */
    pid_t *attach;  /* -p */
    size_t attach_count;
    const char **environment; /* "VAR=VAL", or "VAR" to remove it */
    size_t environment_count;
    const char *user;
    const char *workload; /* --workload: not empty; NULL: not said */
    enum engine engine;
    bool engine_is_order; /* --engine: no other will do; else it is a wish, as the environment's */
    unsigned agent_after; /* --agent-after: stops of a process */
    bool quiet;
    bool kill_on_exit;            /* the tracees die with us */
    unsigned interval;            /* --interval: seconds; 0: write at the end only */
    bool results;                 /* --results: observe what calls return */
    bool inlines;                 /* --inlines: find the functions that were inlined, by DWARF */
    bool lines;                   /* --lines: and the source lines; only with `inlines` */
    bool no_near;                 /* --no-near: leave all placing to the scheduler */
    struct phase_rules phases;    /* --phase */
    struct injections injections; /* --inject */
    const char *policy;           /* --policy: path of its rules; NULL: none */
    struct rules rules;           /* of that, once it has been read */
    const char *policy_log;       /* --policy-log: path; NULL: none */
    bool strict;                  /* --strict */
    int status_fd;                /* --status-fd: not a standard file; 0: none */
    const char *control;          /* --control: path of the FIFO; NULL: none */
    uint64_t verify_every;        /* --verify: each N-th stack; 0: none */
    struct outputs outputs;
};

enum options_result {
    OPTIONS_RUN,     /* trace */
    OPTIONS_DONE,    /* help was printed */
    OPTIONS_VERSION, /* print versions, and what can be done here */
};

/* An enum options_result; -EINVAL after a message about what is wrong; -ENOMEM. Without --engine
 * the engine is what the environment wishes in SYSTRACE_ENGINE: a word of --engine, or agent:N,
 * which is --agent-after=N, too. */
int options_parse(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);

/* The word of --engine. */
const char *options_engine_name(enum engine engine);

/* Is something wanted that needs a stop at every call, so that the agent can count none? */
bool options_need_stops(const struct options *options);

#endif
