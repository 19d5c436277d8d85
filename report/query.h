/*
 * query.h - what is asked of a run: which calls (filters), by what they are grouped (keys.h), and
 * what is said of each group (measures). The options of `report` and `diff` that say so.
 */
#ifndef SYSTRACE_QUERY_H
#define SYSTRACE_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "report/keys.h"

/* What is said of a group of calls. Where the group is of a library (component, group ...), the
 * first is of those that it asked for, the next two of all calls, and the others of the first. */
enum measure {
    MEASURE_CALLS,
    MEASURE_ISSUED,     /* with the library as the issuer */
    MEASURE_ON_STACK,   /* with it on the stack, each once */
    MEASURE_INEXACT,    /* the caller rests on an inexact or a tail frame */
    MEASURE_INCOMPLETE, /* the stack is incomplete */
    MEASURE_ERRORS,     /* returned an error */
    MEASURE_SECONDS,    /* between entry and return */
    MEASURE_RUNS,       /* in how many executions */
    MEASURE_STACKS,     /* on how many distinct stacks */
    MEASURES
};

const char *measure_name(enum measure measure);

/* Which calls: those of which the key's value matches one of the globs, or that have a function
 * with a matching name on the stack. `negated`: those that do not. */
struct filter {
    int key; /* of keys.h, or FILTER_UNDER */
    bool negated;
    char *library; /* of FILTER_UNDER: its library must match, too; NULL: any */
    char **globs;  /* NULL-terminated, owned, as all here */
};

enum { FILTER_UNDER = -1 };

struct sort_order {
    bool by_measure;
    int number;    /* of the key or measure */
    bool reversed; /* keys from the last, measures from the least */
};

/* All 0, with no_columns and no_query, to begin with: nothing is asked for. */
struct query {
    bool given;         /* something is to be printed other than the table of all calls */
    bool help;          /* --table=help: only the list of presets */
    const char *preset; /* --table=NAME, borrowed; NULL: none */
    bool loops;         /* the table of loops (loops.h) in place of all below but the filters */
    int *by;            /* keys */
    size_t by_count;
    enum measure measures[MEASURES];
    size_t measure_count; /* 0: calls alone */
    int pivot;            /* --columns: a key; NO_PIVOT */
    struct sort_order *orders;
    size_t order_count;
    size_t top; /* 0: all */
    bool total;
    struct filter *filters;
    size_t filter_count;
    struct library_groups groups;
};

enum { NO_PIVOT = -1 };

void query_init(struct query *query);
void query_deinit(struct query *query);

/* For getopt_long. */
enum {
    QUERY_BY = 2048,
    QUERY_WHERE,
    QUERY_UNDER,
    QUERY_NOT_UNDER,
    QUERY_MEASURE,
    QUERY_COLUMNS,
    QUERY_SORT,
    QUERY_TOP,
    QUERY_TOTAL,
    QUERY_GROUP,
    QUERY_SERVING,
};
/* clang-format off */
#define QUERY_LONG_OPTIONS                                                  \
    { "by", required_argument, NULL, QUERY_BY },                            \
    { "where", required_argument, NULL, QUERY_WHERE },                      \
    { "under", required_argument, NULL, QUERY_UNDER },                      \
    { "not-under", required_argument, NULL, QUERY_NOT_UNDER },              \
    { "measure", required_argument, NULL, QUERY_MEASURE },                  \
    { "columns", required_argument, NULL, QUERY_COLUMNS },                  \
    { "sort", required_argument, NULL, QUERY_SORT },                        \
    { "top", required_argument, NULL, QUERY_TOP },                          \
    { "total", no_argument, NULL, QUERY_TOTAL },                            \
    { "group", required_argument, NULL, QUERY_GROUP },                      \
    { "serving", required_argument, NULL, QUERY_SERVING }
/* clang-format on */

/* Is the key one of --by, --columns or --where? */
bool query_asks_for(const struct query *query, int key);

/* Lines of a help: the options and the keys; the presets. */
void query_print_help(FILE *file);
void query_print_presets(FILE *file);

enum { QUERY_OTHER = 1, QUERY_ERROR_MAX = 512 };

/* Takes one option. 0, QUERY_OTHER, or negative: `error` says in a line what is wrong. */
int query_parse(struct query *query, int option, const char *argument,
                char error[static QUERY_ERROR_MAX]);

/* Asks for the preset of this name (--table=NAME). As query_parse. */
int query_preset(struct query *query, const char *name, char error[static QUERY_ERROR_MAX]);

/* When all options are taken: what they say together. As query_parse. */
int query_finish(struct query *query, char error[static QUERY_ERROR_MAX]);

#endif
