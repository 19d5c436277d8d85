/*
 * ruleset.h - the rules of compartments: what each asked the kernel for in runs, and on what that
 * rests. What the formats of `rules` and the tables of `surface` print.
 */
#ifndef SYSTRACE_RULESET_H
#define SYSTRACE_RULESET_H

#include <stdint.h>
#include "compartments/membership.h"
#include "report/allowlist.h"
#include "report/evidence.h"
#include "report/richness.h"

/* A system call of a compartment, in a phase. */
struct ruleset_call {
    char name[SYSCALL_NAME_MAX]; /* "syscall_470" of one without a name */
    enum abi abi;
    uint32_t nr;
    const char *phase; /* a text of ruleset.values; "" if it does not matter */
    uint64_t calls;
    uint64_t inexact;    /* of `calls`: the caller rests on a guess */
    uint64_t incomplete; /* of `calls`: on an incomplete stack */
    size_t runs;         /* in how many executions */
    char *users;         /* who asked most, for people: "3 libx.so: x_open via open64"; owned */
};

struct ruleset_part {
    const char *name;           /* of the compartment, or "[process]", "[start]" */
    struct ruleset_call *calls; /* by phase, name and ABI */
    size_t count;
    struct allowlist list; /* the same in all phases, each once, sorted */
    uint64_t total, inexact, incomplete;
    char **libraries; /* those that asked, as membership_library_name(), each once, sorted; owned */
    size_t library_count;
    struct richness richness; /* of the list, by the runs in which it asked for anything */
};

struct ruleset {
    const struct compartments *compartments; /* borrowed */
    struct ruleset_part *parts;              /* one for each compartment, */
    size_t count;                            /* of these; and two more: */
    struct ruleset_part *process;            /* all but the tracer's first execve, whoever asked */
    struct ruleset_part *starting; /* of that, what was asked for before service (needs.h) */
    bool has_service;              /* there are phases of that; else the start is `load` */
    uint64_t calls, loader, start, unknown; /* of the runs; of these, those of no compartment */
    bool by_phase;
    char *comment; /* lines for people: which runs these are; owned */

    /* What the user says of it; borrowed. */
    const char *default_action; /* as it stands in the file: "{errno: EPERM}" */
    bool deny_unknown;
    size_t selected; /* the compartment that alone is wanted, or COMPARTMENT_NONE */

    struct values values; /* private: texts of phases */
};

/* Adds up the calls of the run. `query`: what it was selected by, for the comment. -ENOMEM: there
 * is nothing to deinit. */
int ruleset_init(struct ruleset *ruleset, struct run *run, const struct membership *membership,
                 const struct query *query, bool by_phase);
void ruleset_deinit(struct ruleset *ruleset);

/* The name of a call as rules have it: "open", or "i386:open" of another ABI than x86_64. */
enum { RULESET_NAME_MAX = SYSCALL_NAME_MAX + 16 };
const char *ruleset_name(enum abi abi, const char *name, char buffer[static RULESET_NAME_MAX]);

/* Has the list the call? */
bool ruleset_has(const struct allowlist *list, enum abi abi, const char *name);

#endif
