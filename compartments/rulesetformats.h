/*
 * rulesetformats.h - what rules can be printed as: the formats of `rules`, to which subject.ruleset
 * is all.
 *
 * To add one: a file that defines its print function, and its row here and in rulesetformats.c.
 */
#ifndef SYSTRACE_RULESETFORMATS_H
#define SYSTRACE_RULESETFORMATS_H

#include "compartments/rules.h"
#include "report/format.h"

format_print rulesetyaml_print, rulesetoci_print, rulesetkraft_print, rulesetc_print,
    rulesetheader_print;

/* The first of these, of rules that were read: without comments. */
void rulesetyaml_print_rules(FILE *file, const struct rules *rules);

/* As `formats` (format.h). */
extern const struct format ruleset_formats[];

#endif
