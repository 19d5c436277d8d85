/*
 * seen.h - which pairs of library and system call runs have shown, in how many of them, and what
 * follows: how many pairs there are besides (richness.h), which workloads show what no other does,
 * and the fewest that show all. What `coverage` prints comes from here.
 *
 * A pair is a library that asked, by its lasting name (lastingname.h) and its component, and a
 * system call of an ABI; calls of [unknown] are of no pair. Samples are the runs (or workloads)
 * that have calls; those of a library alone are the ones in which it asked for anything: nothing of
 * what it may ask for is to be learned of the others.
 */
#ifndef SYSTRACE_SEEN_H
#define SYSTRACE_SEEN_H

#include <stddef.h>
#include <stdint.h>
#include "report/keys.h"
#include "report/richness.h"

/* What counts as one sample. */
enum seen_unit { SEEN_BY_RUN, SEEN_BY_WORKLOAD };

#define NO_WORKLOAD UINT32_MAX

/* Pairs that are estimated together: those of one library, or all. */
struct seen_set {
    struct richness richness;
    double chance; /* that the next sample shows a pair that is new: the share of the samples that
                      each showed one that no other did; of less than two not known */
    uint64_t *points; /* numbers of samples, ascending, up to those that there are, and to twice */
    double *curve;    /* as many: so many pairs are expected in so many; both owned */
    size_t point_count;
    size_t first_point; /* points of all sets before this one, of which that of all is the first */
};

struct seen_pair {
    uint32_t library;
    const char *syscall, *abi; /* borrowed, as all texts here; escaped */
    uint32_t nr;
    size_t first, runs; /* in seen.runs */
    uint32_t workload;  /* the only one that has it, or NO_WORKLOAD */
};

struct seen_library {
    const char *name, *component;
    size_t first, pairs; /* in seen.pairs */
    uint32_t workload;   /* the only one in which it asked for anything, or NO_WORKLOAD */
    struct seen_set set;
};

struct seen_workload {
    const char *name;
    size_t runs, pairs, libraries;
    size_t common_pairs;             /* that all its runs have */
    size_t own_pairs, own_libraries; /* that no other has */
};

/* A step of the cover: the workload that adds the most pairs, of several the first. */
struct seen_step {
    uint32_t workload;
    size_t adds, pairs; /* with the steps before */
};

struct seen {
    enum seen_unit unit;
    size_t run_count,
        cut_short; /* samples or not by unit: runs; of these: ended before their end */
    struct seen_library *libraries; /* by name, then component, bytewise */
    size_t library_count;
    struct seen_pair *pairs; /* by library, then the call's name, ABI and number */
    size_t pair_count;
    uint32_t *runs;                  /* executions, by pair */
    struct seen_set all;             /* of all pairs */
    struct seen_workload *workloads; /* by name */
    size_t workload_count;
    struct seen_step *cover; /* until all pairs are there */
    size_t cover_count;

    /* Private: whose the texts are, and by execution its workload, or NO_WORKLOAD for no sample. */
    char **names;
    struct keys keys;
    uint32_t *workload_of;
};

/* The callers know all stacks of the run that have calls. -ENOMEM: there is nothing to deinit. */
int seen_init(struct seen *seen, struct run *run, const struct callers *callers,
              enum seen_unit unit);
void seen_deinit(struct seen *seen);

/* For seen*.c, once pairs, runs and the workloads of the runs are known: which workload has what,
 * and the cover; then the estimates. -ENOMEM. */
int seen_compare_workloads(struct seen *seen);
int seen_estimate(struct seen *seen);

#endif
