/*
 * evidence.h - what a statement about a part of a run rests on: how many calls, and how sure it is
 * who asked for them; in the part, and in the rest, where calls of the part may hide.
 */
#ifndef SYSTRACE_EVIDENCE_H
#define SYSTRACE_EVIDENCE_H

#include <stdint.h>
#include <stdio.h>
#include "report/callers.h"
#include "report/query.h"

struct tally {
    uint64_t calls;
    uint64_t stacks;     /* distinct */
    uint64_t inexact;    /* calls whose caller rests on a guess */
    uint64_t unknown;    /* whose caller is [unknown] */
    uint64_t incomplete; /* whose stack is incomplete */
    uint64_t doubtful;   /* that are any of these */
};

struct evidence {
    struct tally all, selected;
    uint64_t vsyscall; /* calls of the vsyscall page, which are in no tally */
    uint64_t paused;   /* calls that were not recorded, likewise */
    bool by_library;   /* the selection is by who asked, or by what is on the stack */
    bool selects;      /* not all calls are asked for */
};

/* Counts the calls of the run as it is. `callers` knows all stacks. -ENOMEM. */
int evidence_tally(const struct run *run, const struct callers *callers, struct tally *ret);

/* What the query selects by, and the calls that are in no tally. */
void evidence_note(struct evidence *evidence, const struct run *run, const struct query *query);

/* If the selection can lack calls that belong to it, or have some that do not: a line about it,
 * without a newline, of at most `size` bytes. Else "". */
void evidence_warn(const struct evidence *evidence, char *ret, size_t size);

/* Lines: the runs, their programs, the selection, the tallies. -ENOMEM. */
int evidence_print(FILE *file, const struct evidence *evidence, const struct run *run,
                   const struct query *query);

#endif
