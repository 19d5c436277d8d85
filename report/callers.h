/*
 * callers.h - who asked for the calls on each stack of a run: the policy of attribute.h, asked by
 * the stack's number, and its answers kept. Every table and picture takes them from here.
 *
 * A stack is attributed when it is first asked for, together with all before it that were not yet,
 * each by one step from the stack beyond its innermost frame. So it can be asked at any time while
 * a run is recorded: new stacks need nothing, what else may have changed needs callers_extend() or
 * callers_renew().
 */
#ifndef SYSTRACE_CALLERS_H
#define SYSTRACE_CALLERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/library.h"
#include "record/slots.h"
#include "record/run.h"
#include "report/attribute.h"
#include "report/libraryset.h"

struct table_options {
    struct runtime_libraries runtime;
    bool through_signals; /* frames beyond a signal frame are on the stack too */
};

/* A library: a module, or a component of one that is split. The first of all are the run's modules;
 * behind them, of a run that goes on, are those that came later (callers_extend). */
struct caller_library {
    uint32_t module;
    const char *component; /* as in the run, owned; "" of what is in no component */
};

/* A function on a stack: the one whose frame is the innermost of the stack with this number (which
 * is part of the other), or one inlined in it, by its position (run.h). */
struct caller_function {
    uint32_t stack;    /* NO_FUNCTION: there is none */
    uint32_t position; /* CALLER_FRAME: the frame's own */
};

#define NO_FUNCTION  UINT32_MAX
#define CALLER_FRAME UINT32_MAX

/* Who asked for the calls on a stack. */
struct caller {
    struct verdict verdict;
    uint32_t library, issuer; /* indices of callers.libraries; MODULE_UNKNOWN */
    uint32_t line;            /* by which the caller is known, counted outwards from the innermost
                                 frame, with the inlined functions, each before the frame that it is
                                 in; ATTRIBUTE_NONE */
    uint32_t on_stack;        /* the libraries on the stack: a number of callers.sets */
    struct caller_function function; /* of the caller */
    struct caller_function entry;    /* by which its library was entered: the outermost of those
                                        of the library, with none but runtime libraries between */
    struct caller_function via;      /* of a runtime library, which the caller called */
    uint32_t from;                   /* the library that called `entry`, or NO_FUNCTION */
};

struct callers {
    struct run *run;              /* borrowed */
    struct table_options options; /* the globs are borrowed */
    struct caller_library *libraries;
    size_t library_count;
    struct library_sets sets;

    /* Private: what is known of the libraries, and which one is which, */
    size_t library_capacity;
    struct slots by_library; /* by module and component */
    struct caller_traits {
        bool runtime, loader, libc, sure;
    } * traits;                                       /* by library */
    uint32_t *of_modules;                             /* by module */
    size_t module_count, symbol_count, inlined_count; /* of the run, of which this is known */
    /* and of the first `known` stacks. */
    struct caller_view {
        struct attribution attribution;
        uint32_t caller, issuer; /* as in struct caller; the former of attribution.caller */
        uint32_t all, own;       /* the libraries on the stack, by all and by its own frames */
        struct caller_entered {
            struct caller_function function, entry;
            uint32_t from;
        } asked, issued; /* of the caller, and of the issuer if it is one */
        struct caller_function via;
    } * views;
    struct caller *verdicts;
    uint32_t known, capacity;
};

/* Sorts the run's symbols and inlined functions. -ENOMEM: there is nothing to deinit. */
int callers_init(struct callers *callers, struct run *run, const struct table_options *options);
void callers_deinit(struct callers *callers);

/*
 * Forgets all answers, libraries and sets: to be called with other options (NULL: the same as
 * before), or when the run has got or renamed modules, symbols or inlined functions, any of which
 * may change the answer for any stack, or was sorted (run_sort). -ENOMEM: as after
 * callers_deinit().
 */
int callers_renew(struct callers *callers, const struct table_options *options);

/* Has the run got modules, symbols or inlined functions? */
bool callers_is_outdated(const struct callers *callers);

/*
 * Takes these in: they must be such as change no answer that was given, so no component may have
 * come to a function on a stack that was asked for before. (If a module has come that may tell what
 * another one is, it is callers_renew().) -ENOMEM: as after callers_deinit().
 */
int callers_extend(struct callers *callers);

/* The answer for a stack of the run, owned, valid until the next call that does not have `callers`
 * const. -ENOMEM. */
int callers_find(struct callers *callers, uint32_t stack, const struct caller **ret);

/* The same for a stack that was asked for before, or one with a lower number than such a one. */
const struct caller *callers_known(const struct callers *callers, uint32_t stack);

/* The library of a function, and whether it is a runtime library. */
uint32_t callers_library(const struct callers *callers, struct caller_function function);
bool callers_is_runtime(const struct callers *callers, uint32_t library);

#endif
