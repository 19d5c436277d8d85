/*
 * jit.h - names for code that programs make at run time, by their perf maps (perfmap.h). The number
 * of a name takes the place of the address in the frames (docs/formats.md).
 */
#ifndef SYSTRACE_JIT_H
#define SYSTRACE_JIT_H

#include <stdbool.h>
#include <stdint.h>
#include "record/run.h"
#include "symbolizer/image/target.h"

struct jit {
    struct run *run;   /* gets the names */
    uint64_t versions; /* how many there have been of any map */
    bool warned;       /* that none can be opened */
};

/* Lets a target tell names (target.h); its context is a struct procfs with a `jit`. */
void jit_name_code(struct target *target);

#endif
