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
#include "report/attribute.h"
#include "record/library.h"

struct table_options {
    struct runtime_libraries runtime;
    bool through_signals; /* frames beyond a signal frame are on the stack too */
};

/* A library: a module, or a component of one that is split. The first of a table are its run's
 * modules. */
struct table_library {
    uint32_t module;
    const char *component; /* as in the run, borrowed; "" of what is in no component */
};

/* Calls of one system call with one library, in one program and phase. Rows are told apart by the
 * first five fields, never by names: two libraries of one name have rows of their own. */
struct table_row {
    uint32_t program;
    uint32_t phase;   /* for table_phase() */
    uint32_t library; /* index of table.libraries */
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

/* Who asked for the calls on a stack. */
struct table_stack {
    enum phase phase;      /* that no phase of the user's is known to replace */
    uint32_t caller;       /* index of table.libraries */
    uint32_t caller_frame; /* by which that is known, counted with the inlined functions, each
                              before the frame that it is in; ATTRIBUTE_NONE */
    bool inexact;
};

/* The rows are in no particular order. */
struct table {
    const struct run *run; /* borrowed */
    struct table_library *libraries;
    size_t library_count;
    struct table_row *rows;
    size_t count;
    struct table_stack *stacks; /* by the run's stack */
    uint64_t calls;             /* of all rows; the same as issued of all rows */
    uint64_t inexact, incomplete;
    bool results; /* of at least one execution: without any, no row has them */
};

/* -ENOMEM. The run's numbers and components that it holds are void after run_sort(). */
int table_build(struct run *run, const struct table_options *options, struct table *ret);
void table_deinit(struct table *table);

/* The module of the row's library. */
const struct module *table_module(const struct table *table, const struct table_row *row);

/* The row's phase: "load", "exit", "main", or the user's in place of "main". Raw bytes. */
const char *table_phase(const struct table *table, const struct table_row *row);

/* The phase, as rows have it, of calls on a stack in this phase of the user's, and its name. */
uint32_t table_stack_phase(const struct table *table, uint32_t stack, uint32_t user_phase);
const char *table_phase_name(const struct table *table, uint32_t phase);

#endif
