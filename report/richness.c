/* richness.c - how many things there are, by how often each was seen. */
#include "richness.h"

#include <math.h>

/* The quantile of the normal distribution for 95 % on both sides. */
static const double normal_95 = 1.959963984540054;

/* (T - 1) / T */
static double correction(const struct richness *richness)
{
    return (double)(richness->samples - 1) / (double)richness->samples;
}

/* Chao 1987; without anything seen twice Chao 2005. */
static double find_unseen(const struct richness *richness)
{
    double once = (double)richness->once, twice = (double)richness->twice;

    return correction(richness) *
           (richness->twice ? once * once / (2 * twice) : once * (once - 1) / 2);
}

static double find_variance(const struct richness *richness)
{
    double once = (double)richness->once, twice = (double)richness->twice, c = correction(richness);
    double ratio = once / twice;

    if (richness->twice)
        return twice * (c * pow(ratio, 2) / 2 + c * c * pow(ratio, 3) + c * c * pow(ratio, 4) / 4);
    return c * once * (once - 1) / 2 + c * c * once * pow(2 * once - 1, 2) / 4 -
           c * c * pow(once, 4) / 4 / richness->all;
}

/* So that it begins at what was seen, the logarithm of the unseen is taken to be normal: Chao
 * 1987. */
static void find_interval(const struct richness *richness, double error, double *low, double *high)
{
    double factor = exp(normal_95 * sqrt(log(1 + pow(error / richness->unseen, 2))));

    *low = (double)richness->seen + richness->unseen / factor;
    *high = (double)richness->seen + richness->unseen * factor;
}

/* None is estimated to be unseen, but each thing had a chance to be: EstimateS, but for the low
 * end, which there may be above the estimate itself. */
static void find_interval_of_seen(struct richness *richness)
{
    double seen = (double)richness->seen;
    double missed = exp(-(double)richness->incidences / seen);

    richness->error = sqrt(seen * missed * (1 - missed));
    richness->low = seen;
    richness->high = (seen + normal_95 * richness->error) / (1 - missed);
}

/* The chance that a sample shows an unseen thing, of each: what extrapolation (Colwell 2012),
 * coverage (Chao & Jost 2012) and the number of further samples (Chao 2009) all rest on, there in
 * terms of Q[1] and Q[2]. Of no unseen ones nothing. */
static double chance_of_unseen(const struct richness *richness)
{
    double once = (double)richness->once;

    return richness->unseen > 0 ? once / ((double)richness->samples * richness->unseen + once) : 0;
}

static double find_coverage(const struct richness *richness)
{
    return 1 -
           (double)richness->once / (double)richness->incidences * (1 - chance_of_unseen(richness));
}

static struct richness count_seen(const struct incidences *incidences)
{
    struct richness ret = { .samples = incidences->samples };

    for (uint64_t k = 1; k <= incidences->samples; k++) {
        ret.seen += incidences->counts[k];
        ret.incidences += k * incidences->counts[k];
    }
    ret.once = ret.samples >= 1 ? incidences->counts[1] : 0;
    ret.twice = ret.samples >= 2 ? incidences->counts[2] : 0;
    return ret;
}

struct richness richness_estimate(const struct incidences *incidences)
{
    struct richness ret = count_seen(incidences);

    ret.known = ret.samples >= 2 && ret.seen;
    if (!ret.known)
        return ret;
    ret.unseen = find_unseen(&ret);
    ret.all = (double)ret.seen + ret.unseen;
    if (ret.unseen > 0) {
        ret.error = sqrt(find_variance(&ret));
        find_interval(&ret, ret.error, &ret.low, &ret.high);
    } else {
        find_interval_of_seen(&ret);
    }
    ret.wide_error = ret.error;
    ret.wide_low = ret.low;
    ret.wide_high = ret.high;
    ret.coverage = find_coverage(&ret);
    ret.expected = (double)ret.once / (double)ret.samples;
    return ret;
}

/* Without a sample, a thing that k samples have is in k - 1. */
static double estimate_without(const struct richness *richness, const richness_rare rare)
{
    const struct richness rest = {
        .samples = richness->samples - 1,
        .once = richness->once - rare[1] + rare[2],
        .twice = richness->twice - rare[2] + rare[3],
    };
    return (double)(richness->seen - rare[1]) + find_unseen(&rest);
}

static double jackknife_error(const struct richness *richness, const richness_rare *rare)
{
    double mean = 0, squares = 0;

    for (uint64_t i = 0; i < richness->samples; i++)
        mean += estimate_without(richness, rare[i]) / (double)richness->samples;
    for (uint64_t i = 0; i < richness->samples; i++)
        squares += pow(estimate_without(richness, rare[i]) - mean, 2);
    return sqrt(correction(richness) * squares);
}

void richness_jackknife(struct richness *richness, const richness_rare *rare)
{
    double error = jackknife_error(richness, rare);

    if (!(richness->unseen > 0) || error <= richness->error)
        return;
    richness->wide_error = error;
    find_interval(richness, error, &richness->wide_low, &richness->wide_high);
}

/* A thing that k of T samples have is in none of t of them in C(T - k, t) of C(T, t) choices, which
 * is the product of (T - t - i) / (T - i) for i < k: Colwell 2004. */
static double rarefy(const struct incidences *incidences, uint64_t samples)
{
    double missed = 1, ret = 0;

    for (uint64_t k = 1; k <= incidences->samples; k++) {
        uint64_t others = incidences->samples - samples;
        missed *=
            k > others ? 0 : (double)(others - (k - 1)) / (double)(incidences->samples - (k - 1));
        ret += (double)incidences->counts[k] * (1 - missed);
    }
    return ret;
}

double richness_expected(const struct incidences *incidences, const struct richness *richness,
                         uint64_t samples)
{
    if (samples <= incidences->samples)
        return rarefy(incidences, samples);
    double more = (double)(samples - incidences->samples);
    return (double)richness->seen +
           richness->unseen * (1 - pow(1 - chance_of_unseen(richness), more));
}

uint64_t richness_more(const struct richness *richness, double share)
{
    double missing = share * richness->all - (double)richness->seen;

    if (missing <= 0)
        return 0;
    return (uint64_t)ceil(log1p(-missing / richness->unseen) / log1p(-chance_of_unseen(richness)));
}
