/*
 * policylog.h - tells the user of calls outside the rules of --policy: in lines of JSON
 * (--policy-log, docs/enforcement.md), and at the end their sums. A program that repeats one call
 * for ever fills no disk: of equal calls there is a line each up to a limit, and one at the end.
 */
#ifndef SYSTRACE_POLICYLOG_H
#define SYSTRACE_POLICYLOG_H

#include <stdio.h>
#include "options.h"
#include "stacknames.h"
#include "tracee.h"

enum { POLICY_LOG_REPEATS = 1000 }; /* lines of equal calls */

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
    /* What there was on each stack, if there is a file: */
    struct policy_repeat {
        struct policy_call {
            struct ruling ruling; /* its component is a sum's */
            uint32_t stack;
            enum abi abi;
            uint32_t nr;
            uint32_t program; /* of the last one, as the others: */
            pid_t pid, tid;
        } last;
        uint64_t calls;
    } * repeats;
    size_t repeat_count, repeat_capacity;
    struct slots repeat_slots;
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
