/*
 * componentnames.h - names the functions on stacks while the run is being recorded, where rules
 * tell components apart (compartments/rules.h): so that who asks is known as it will be after the
 * run. (All other stacks are named then: record.h.) The thread stands still while the symbols of
 * its modules are read, once for each function that is new; Go's are in a table that is at hand.
 */
#ifndef SYSTRACE_COMPONENTNAMES_H
#define SYSTRACE_COMPONENTNAMES_H

#include "compartments/rules.h"
#include "options.h"
#include "record/place.h"
#include "record/slots.h"
#include "symbolizer/image/images.h"

struct component_names {
    struct run *run;
    const struct images *images;
    const struct options *options;
    const struct rules *rules; /* NULL: there are none, and nothing is to be named */
    uint32_t stacks;           /* how many of the run's were looked at */
    struct split_module {
        bool split;      /* its functions are named, */
        bool by_rules;   /* for rules are of its components */
        bool unreadable; /* it was tried, and cost too much */
    } * modules;         /* by module */
    size_t module_count;
    struct place *places; /* that were named, or have no name */
    size_t place_count, place_capacity;
    struct slots by_place;
};

void component_names_init(struct component_names *names, const struct options *options,
                          struct run *run, const struct images *images);
void component_names_deinit(struct component_names *names);

/* Names what is on the stacks up to this one. True: a module is split that was not before, so that
 * whatever is known of stacks may have changed (callers_renew). No memory ends us. */
bool component_names_add(struct component_names *names, uint32_t stack);

/* Have rules components of this module? */
bool component_names_has(const struct component_names *names, uint32_t module);

#endif
