/*
 * sampling.h - in which samples things were seen, and what that lets one expect (richness.h): of
 * pairs in `coverage`, of the system calls of a compartment in `rules`.
 */
#ifndef SYSTRACE_SAMPLING_H
#define SYSTRACE_SAMPLING_H

#include <stddef.h>
#include "report/richness.h"

/* That a sample has a thing; both are numbers that need not be dense. */
struct sampled {
    uint64_t thing;
    uint32_t sample;
};

/* Estimates by fewer samples say little: our rule of thumb. */
enum { SAMPLING_FEW = 10 };

struct sampling {
    struct incidences incidences; /* counts are owned */
    struct richness richness;
    double chance; /* that the next sample shows a thing that is new: the share of the samples that
                      each showed one that no other did; of less than two not known */
};

/* Of a list in any order, which may say a thing twice, and is sorted. `samples`: how many there
 * are; 0: those that have anything. -ENOMEM: there is nothing to deinit. */
int sampling_init(struct sampling *sampling, struct sampled *all, size_t count, size_t samples);
void sampling_deinit(struct sampling *sampling);

#endif
