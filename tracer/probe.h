/*
 * probe.h - tries what tracing takes, on children that do nothing, and says what this kernel, and
 * what surrounds us, does not allow.
 */
#ifndef SYSTRACE_PROBE_H
#define SYSTRACE_PROBE_H

#include "reason.h"

/* Why it cannot be done; empty: it can. */
struct probe {
    struct reason command; /* trace what we start */
    struct reason seccomp; /* by the engine seccomp */
    struct reason agent;   /* and the agent may count some of its calls */
    struct reason stacks;  /* read its stacks */
    struct reason attach;  /* trace running processes of the same user */
    struct reason others;  /* and those of other users */
    struct reason jit;     /* read the maps of JIT compilers */
};

void probe(struct probe *ret);

#endif
