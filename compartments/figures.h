/*
 * figures.h - what is counted of the rules of a compartment: system calls, capabilities, critical
 * calls, payloads' shapes; and whether it faces the network.
 */
#ifndef SYSTRACE_FIGURES_H
#define SYSTRACE_FIGURES_H

#include <stdbool.h>
#include <stdint.h>
#include "compartments/ruleset.h"

/* Each is how many things of a list a part has. */
enum figure {
    FIGURE_SYSCALLS,     /* of those of the process */
    FIGURE_CAPABILITIES, /* for which it has a call (report/capability.h) */
    FIGURE_SENSITIVE,    /* critical calls (shapes.h) */
    FIGURE_SHAPES,       /* all steps of which it has a call for */
    FIGURES
};

const char *figure_name(enum figure figure);
uint64_t figure_count(const struct ruleset *ruleset, enum figure figure,
                      const struct ruleset_part *part);

/* How many the base has that the part has not. */
uint64_t figure_removed(const struct ruleset *ruleset, enum figure figure,
                        const struct ruleset_part *base, const struct ruleset_part *part);

/* How many system calls of a capability; is there a call of this name, of any ABI? */
uint64_t figure_of_capability(const struct ruleset_part *part, size_t capability);
bool figure_has_name(const struct ruleset_part *part, const char *name);
size_t figure_sensitive_count(void);

/*
 * Does it read what comes by sockets, of whatever family? A run does not know what descriptors
 * are: calls that serve sockets alone say so, and others, read(2) above all, only that it may, if
 * the process has sockets.
 */
enum facing { FACING_NO, FACING_PERHAPS, FACING_YES };
enum facing facing_of(const struct ruleset *ruleset, const struct ruleset_part *part);
const char *facing_name(enum facing facing);

#endif
