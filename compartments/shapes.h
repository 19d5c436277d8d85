/*
 * shapes.h - by which an attacker who runs code in a compartment is measured: system calls that
 * others have called critical, and what payloads need.
 */
#ifndef SYSTRACE_SHAPES_H
#define SYSTRACE_SHAPES_H

#include <stdbool.h>
#include <stddef.h>
#include "report/allowlist.h"

/* The calls that Ghavamnia, Palit, Mishra and Polychronakis count as security-critical: "Temporal
 * System Call Specialization for Attack Surface Reduction", USENIX Security 2020; the list is the
 * file sensitive.syscalls of their artefact (shamedgh/temporal-specialization). As it is there: it
 * lacks clone3 and vfork, for example, which the capabilities (report/capability.h) have. */
extern const char *const sensitive_calls[]; /* NULL-terminated */

/* What a payload does, by what it cannot do without: one call of each step. The paper counts a
 * payload as blocked if one call of it is; here no other call does the same for it. */
struct shape {
    const char *name;
    const char *meaning;      /* for people */
    const char *source;       /* a published payload that is of this shape */
    const char *const *steps; /* each calls joined by "|"; NULL-terminated */
};

extern const struct shape shapes[];
extern const size_t shape_count;

/* Its steps, separated by spaces; to be freed. NULL: no memory. */
char *shape_steps(const struct shape *shape);

/* Are all steps possible with these calls? Of whatever ABIs they are: a payload may mix them. */
bool shape_is_possible(const struct shape *shape, const struct allowlist *list);

#endif
