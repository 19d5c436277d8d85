/*
 * graph.h - which library calls which, down to classes of system calls: for each call of a run the
 * libraries on its stack from the outermost to the caller, each edge between two of them once, and
 * one from the caller to the class. Runtime libraries pass requests on: they are in it only as
 * callers. So the edges to classes add up to all calls, and to those of the table for each library.
 */
#ifndef SYSTRACE_GRAPH_H
#define SYSTRACE_GRAPH_H

#include <stddef.h>
#include <stdint.h>
#include "report/table.h"
#include "report/values.h"

struct graph_edge {
    uint32_t from; /* index of callers.libraries */
    uint32_t to;   /* likewise; or number of graph.classes */
    uint64_t calls;
};

struct graph {
    struct graph_edge *edges; /* between libraries, in the order of from and to */
    size_t edge_count;
    struct graph_edge *uses; /* by libraries of classes, likewise */
    size_t use_count;
    struct values classes; /* of system calls: as --by=class names them */
};

/* -ENOMEM: there is nothing to deinit. */
int graph_init(struct graph *graph, const struct table *table);
void graph_deinit(struct graph *graph);

#endif
