/*
 * table.h - the per-library table of a run: what every printed table is made from. It is computed
 * from the stored stacks, so that it can be asked again with other options.
 */
#ifndef SYSTRACE_TABLE_H
#define SYSTRACE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/run.h"
#include "report/callers.h"

/* Calls of one system call with one library, in one program and phase. Rows are told apart by the
 * first five fields, never by names: two libraries of one name have rows of their own. */
struct table_row {
    uint32_t program;
    uint32_t phase;   /* for table_phase() */
    uint32_t library; /* index of table.callers.libraries */
    uint32_t abi, nr;
    uint32_t runs;        /* in how many executions */
    uint64_t calls;       /* with the library as the caller */
    uint64_t issued;      /* as the issuer */
    uint64_t on_stack;    /* with it on the stack, once per call; not below `calls` */
    uint64_t inexact;     /* of `calls`: the caller rests on an inexact or tail frame */
    uint64_t incomplete;  /* of `calls`: the stack is incomplete */
    bool results;         /* the returns of all `calls` were observed, so that these are known: */
    uint64_t errors;      /* of `calls`: returned an error */
    uint64_t nanoseconds; /* of `calls` that returned: between entry and return */
};

/* The rows are in no particular order. */
struct table {
    const struct run *run;  /* borrowed */
    struct callers callers; /* knows all stacks that have calls */
    struct table_row *rows;
    size_t count;
    uint64_t calls; /* of all rows; the same as issued of all rows */
    uint64_t inexact, incomplete;
    bool results; /* of at least one execution: without any, no row has them */
};

/* -ENOMEM. The run's numbers and components that it holds are void after run_sort(). */
int table_build(struct run *run, const struct table_options *options, struct table *ret);
void table_deinit(struct table *table);

/* Parts of a row's key. */
enum table_key {
    TABLE_PROGRAM = 1 << 0,
    TABLE_PHASE = 1 << 1,
    TABLE_LIBRARY = 1 << 2,
    TABLE_SYSCALL = 1 << 3,
};

/* The rows added up that have these parts of the key in common, sorted by it: library, system call,
 * program, phase. All other parts are 0, and so is `runs`. Without the library `on_stack` is no
 * number of calls: a call counts once for each library. To be freed. -ENOMEM. */
int table_sum(const struct table *table, unsigned key, struct table_row **ret, size_t *count);

/* The module of the row's library. */
const struct module *table_module(const struct table *table, const struct table_row *row);

/* The row's phase: "load", "exit", "main", or the user's in place of "main". Raw bytes. */
const char *table_phase(const struct table *table, const struct table_row *row);

/* The phase, as rows have it, of calls on a stack in this phase of the user's, and its name. */
uint32_t table_stack_phase(const struct table *table, uint32_t stack, uint32_t user_phase);
const char *table_phase_name(const struct table *table, uint32_t phase);

#endif
