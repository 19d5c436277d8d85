/* rulesetformats.c - the table of formats of rules. */
#include "rulesetformats.h"

/* None needs a run: what they print was computed before (FORMAT_NEEDS_RUN is the least). */
const struct format ruleset_formats[] = {
    { rulesetyaml_print, "yaml", ".yaml", FORMAT_NEEDS_RUN, false, "the rules, for --policy",
      NULL },
    { rulesetoci_print, "oci", ".json", FORMAT_NEEDS_RUN, false,
      "linux.seccomp of runc, for each compartment, or one (--compartment)", NULL },
    { rulesetkraft_print, "kraft", ".kraft.yaml", FORMAT_NEEDS_RUN, false,
      "the compartments file, with syscalls: in each compartment", NULL },
    { rulesetc_print, "c", ".c", FORMAT_NEEDS_RUN, false, "a table in C", NULL },
    { rulesetheader_print, "c-header", ".h", FORMAT_NEEDS_RUN, false, "its header", NULL },
    { 0 },
};
