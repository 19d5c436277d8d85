/*
 * phasecode.h - which stacks have the functions on them that begin phases (phaserule.h). Each stack
 * of a run is asked about once, when it is new, and the names of a module's functions are read
 * once, when a first stack is in it; only of modules that a rule is about.
 */
#ifndef SYSTRACE_PHASECODE_H
#define SYSTRACE_PHASECODE_H

#include "phaserule.h"
#include "record/run.h"
#include "symbolizer/image/images.h"

struct phase_code {
    const struct phase_rules *rules;
    const struct run *run;
    const struct images *images;
    uint64_t *under; /* by stack: a bit for each rule */
    uint32_t known;  /* how many stacks, from the first on */
    size_t capacity;
    struct code_module {
        bool read;
        uint64_t wanted;           /* the rules that are about it */
        struct code_range *ranges; /* owned */
        size_t count, capacity;
    } * modules; /* by their numbers in the run */
    size_t module_count;
};

void phase_code_init(struct phase_code *code, const struct phase_rules *rules,
                     const struct run *run, const struct images *images);
void phase_code_deinit(struct phase_code *code);

/* The rules of whose code a stack has a frame. No memory for that ends us. */
uint64_t phase_code_under(struct phase_code *code, uint32_t stack);

#endif
