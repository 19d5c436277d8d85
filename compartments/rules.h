/*
 * rules.h - what the libraries of each compartment may ask the kernel for: a file of rules
 * (docs/enforcement.md has its form), read, and asked. Nothing here knows a process or a run.
 */
#ifndef SYSTRACE_RULES_H
#define SYSTRACE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include "compartments/compartments.h"
#include "report/callset.h"

#define RULES_FORMAT "systrace-lib-rules/1"

/* What becomes of a call outside the rules. */
struct rules_action {
    enum { RULES_LOG, RULES_ERRNO, RULES_KILL } kind;
    int error; /* of RULES_ERRNO: a positive errno */
};

struct rules_compartment {
    const char *name; /* borrowed of rules.compartments, by whose numbers these are */
    struct rules_action action;
    struct callset allow; /* in all phases, */
    struct rules_phase {
        char *name;
        struct callset allow;        /* and in this one besides */
        struct yamlfile_place place; /* of the name */
    } * phases;
    size_t phase_count;
};

/* Zeroed, there are none. */
struct rules {
    const char *file;                 /* its name; borrowed */
    struct compartments compartments; /* which there are, and of which libraries */
    struct rules_compartment *all;    /* and what each may do */
    struct rules_action action;       /* where there is no compartment */
    bool deny_unknown;                /* and not only log what is not known to be a compartment's */
    struct yamlfile_place action_place, unknown_place; /* of these; the file's, if it lacks them */
};

/* Parses a text, of a file of this name. 0; or -EINVAL or -ENOMEM, and what is wrong as of
 * yamlfile_parse: there is nothing to deinit then. */
int rules_parse(struct rules *ret, const char *name, const char *text, size_t size,
                char error[static YAMLFILE_ERROR_MAX]);

/* The same of a file, of which anything may be wrong. */
int rules_read(struct rules *ret, const char *path, char error[static YAMLFILE_ERROR_MAX]);
void rules_deinit(struct rules *rules);

/* The compartment that names this library or component: the first, where several do; else NULL. */
const struct rules_compartment *rules_naming(const struct rules *rules,
                                             const struct library_names *names);

/* The one that has what no other names, and the one that owns the runtime libraries; NULL: none. */
const struct rules_compartment *rules_default(const struct rules *rules);
const struct rules_compartment *rules_runtime(const struct rules *rules);

/* May it make this call in this phase? */
bool rules_allow(const struct rules_compartment *compartment, const char *phase, enum abi abi,
                 uint32_t nr);

/* "log", "kill", or the error's name. */
const char *rules_action_name(const struct rules_action *action);

#endif
