/*
 * richness.h - how many kinds of things there are, by how often each was seen in several samples:
 * pure functions of counts. Here the things are pairs of library and system call, the samples runs
 * (or workloads); ecology, whose formulas these are, says species and sampling units, and calls the
 * data incidences: in a sample a thing is seen or it is not, however often.
 *
 * T samples; Q[k] things were seen in exactly k of them, S = Q[1] + ... + Q[T] in any, and U = 1 *
 * Q[1] + ... + T * Q[T] is the number of incidences. Sources:
 *
 *   Chao 1987         A. Chao, Biometrics 43:783-791: the estimator that is called Chao2, its
 *                     variance and its log-normal interval
 *   Chao 2005         A. Chao, Encyclopedia of Statistical Sciences 12:7907-7916: its form where
 *                     Q[2] is 0
 *   Colwell 2004      R. K. Colwell, C. X. Mao, J. Chang, Ecology 85:2717-2727: Mao Tau, how many
 *                     things fewer samples show
 *   Colwell 2012      R. K. Colwell et al., Journal of Plant Ecology 5:3-21: and more samples
 *   Chao 2009         A. Chao, R. K. Colwell, C.-W. Lin, N. J. Gotelli, Ecology 90:1125-1133: how
 *                     many more samples show a share of all things
 *   Chao & Jost 2012  Ecology 93:2533-2547; for incidences Chao et al. 2014, Ecological Monographs
 *                     84:45-67: sample coverage
 *   EstimateS         R. K. Colwell, EstimateS 9 User's Guide, appendix B: the high end of the
 *                     interval where none is estimated to be unseen
 *   Efron & Stein     B. Efron, C. Stein, Annals of Statistics 9:586-596 (1981): the jackknife,
 * whose variance is on average not too small, whatever depends on what in a sample Good 1953 I. J.
 * Good, Biometrika 40:237-264; for software tests M. Böhme, STADS, ACM TOSEM 27:7 (2018): the
 * discovery of the next sample
 */
#ifndef SYSTRACE_RICHNESS_H
#define SYSTRACE_RICHNESS_H

#include <stdbool.h>
#include <stdint.h>

/* What was seen. */
struct incidences {
    uint64_t samples; /* T */
    uint64_t *counts; /* Q[0..T]; that of 0 is not looked at; borrowed */
};

struct richness {
    uint64_t samples, seen, incidences, once, twice; /* T, S, U, Q[1], Q[2] */
    bool known;       /* of less than two samples, or without any thing, none of these is known: */
    double unseen;    /* things that no sample showed, by Chao2: at least so many, on average */
    double all;       /* with these: seen + unseen */
    double error;     /* its standard error */
    double low, high; /* its interval, of 95 %; low is not below `seen` */
    double wide_error, wide_low, wide_high; /* the same by richness_jackknife(), or as they are */
    double coverage; /* of what samples show, in incidences, the share that is of things seen */
    double expected; /* new things in the next sample: Q[1] / T, Good-Turing */
};

struct richness richness_estimate(const struct incidences *incidences);

/* Of a sample: how many of the things that it has are seen in 1, in 2, in 3 samples. [0] is not
 * looked at. */
enum { RICHNESS_RARE = 4 };
typedef uint64_t richness_rare[RICHNESS_RARE];

/*
 * The variance of Chao 1987 takes it that each thing is seen independently of the others. Where
 * they come together, as the pairs of one workload do, that is too little: this leaves out one
 * sample after the other, and widens the interval if that says so. `rare` is by sample.
 */
void richness_jackknife(struct richness *richness, const richness_rare *rare);

/* So many things are expected in `samples` samples: by rarefaction up to T (Mao Tau), by
 * extrapolation from there on, which says little beyond 2 T (Colwell 2012). */
double richness_expected(const struct incidences *incidences, const struct richness *richness,
                         uint64_t samples);

/* So many more samples show this share of all things, which is below 1. 0: it is seen already. Of a
 * richness that is known. */
uint64_t richness_more(const struct richness *richness, double share);

#endif
