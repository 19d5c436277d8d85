/*
 * difference.h - what two lots of runs differ in: which groups of calls (by default the calls of
 * one library and system call) appeared, vanished or became many more or fewer, and which libraries
 * are other files now. What `diff` prints comes from here.
 */
#ifndef SYSTRACE_DIFFERENCE_H
#define SYSTRACE_DIFFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "report/accept.h"
#include "report/grid.h"
#include "report/keys.h"
#include "report/query.h"
#include "report/sides.h"

/* What became of a group of calls. Of those in both, only what CHANGED is told. */
enum change_kind {
    APPEARED, /* NEW alone has it */
    ACCEPTED, /* the same, but it is accepted */
    VANISHED, /* OLD alone */
    CHANGED,  /* the calls of one run are by more than the factor more, or fewer */
    CHANGES
};

struct change {
    enum change_kind kind;
    const char **texts; /* of the keys, escaped; owned array of borrowed texts */
    struct change_amounts {
        uint64_t calls;
        uint64_t runs;    /* in how many */
        uint64_t inexact; /* of the calls: the caller was inferred */
    } amounts[SIDES];
    const char *reason; /* of ACCEPTED; borrowed from the accepts; else NULL */
};

/* A library of which the files on the two sides differ: those that only one of them has, by their
 * numbers in the run. */
struct upgrade {
    char *library; /* lastingname.h, escaped, owned */
    uint32_t *modules[SIDES];
    size_t counts[SIDES];
};

/* What a side rests on. */
struct evidence {
    size_t files, runs, cut_short;
    uint64_t calls;      /* of those that are compared */
    uint64_t incomplete; /* of these: the stack is */
};

struct difference {
    const struct sides *sides; /* borrowed */
    const char **keys;         /* names of what is compared, owned array */
    size_t key_count;
    double factor;          /* 0: CHANGED are not asked for */
    struct change *changes; /* by kind, then by the texts */
    size_t count;
    size_t counts[CHANGES];   /* of each kind */
    struct upgrade *upgrades; /* by library */
    size_t upgrade_count;
    struct evidence evidence[SIDES];

    /* Private: whose the texts are. */
    char **names;
    struct callers callers;
    struct keys values;
};

/* The query says by which keys, and is finished; its filters are applied already (runs_select).
 * `accepts` are by the same keys. -ENOMEM: there is nothing to deinit. */
int difference_init(struct difference *difference, struct sides *sides,
                    const struct table_options *options, const struct query *query,
                    struct accepts *accepts, double factor);
void difference_deinit(struct difference *difference);

/* "appeared" and so on. */
const char *change_name(enum change_kind kind);

/* "FILE BUILD-ID", of that the first digits, of what a library was or is; several with ", "
 * between. Escaped, to be freed; NULL: no memory. */
char *upgrade_label(const struct difference *difference, const struct upgrade *upgrade,
                    enum side side);

/* Rows and columns of it, their texts borrowed from the difference: of all changes, for programs;
 * of those of one kind, and of the upgrades, for people. -ENOMEM. */
int difference_grid(const struct difference *difference, struct grid *ret);
int difference_kind_grid(const struct difference *difference, enum change_kind kind,
                         struct grid *ret);
int difference_upgrade_grid(const struct difference *difference, struct grid *ret);

#endif
