/*
 * policylog.h - tells the user of calls outside the rules of --policy: each in a line of JSON
 * (--policy-log, docs/enforcement.md), and at the end their sums.
 */
#ifndef SYSTRACE_POLICYLOG_H
#define SYSTRACE_POLICYLOG_H

#include <stdio.h>
#include "options.h"
#include "stacknames.h"
#include "tracee.h"

struct policy_log {
    const struct options *options;
    struct run *run;
    FILE *file; /* NULL: none */
    int error;  /* of writing to it: a negative errno */
    /* What there was, each kind once: */
    struct policy_sum {
        const struct rules_compartment *compartment; /* NULL: none */
        uint32_t library;                            /* module of the run, */
        const char *component;                       /* and its name there; owned */
        enum abi abi;
        uint32_t nr;
        enum outside outside;
        bool refused;
        uint64_t calls;
    } * sums;
    size_t count, capacity;
    struct slots slots;
    struct stack_names names;
};

/* Opens the file. 0, or -errno after a message. */
int policy_log_open(struct policy_log *log, const struct options *options, struct run *run,
                    const struct images *images);
void policy_log_deinit(struct policy_log *log);

/* The call that the tracee enters, on this stack, is outside the rules, as its ruling says. That
 * there is no memory ends us. */
void policy_log_add(struct policy_log *log, const struct tracee *tracee, uint32_t stack,
                    enum abi abi, uint32_t nr);

/* Says what there was. 0, or -errno after a message: not all of it is in the file. */
int policy_log_end(struct policy_log *log);

#endif
