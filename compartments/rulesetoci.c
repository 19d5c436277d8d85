/* rulesetoci.c - rules as filters of an OCI bundle (report/profile_oci.c): an object that has one
 * for each compartment, by its name; or that of one. */
#include <errno.h>
#include <jansson.h>
#include "compartments/ruleset.h"
#include "compartments/rulesetformats.h"
#include "report/profile.h"

static int print_part(FILE *file, const struct ruleset_part *part)
{
    const struct profile profile = { .list = part->list };

    return profile_oci(file, &profile);
}

static int print_key(FILE *file, const char *name, const char *separator)
{
    json_t *key = json_string(name);

    if (!key)
        return -ENOMEM;
    fputs(separator, file);
    json_dumpf(key, file, JSON_ENCODE_ANY);
    fputs(": ", file);
    json_decref(key);
    return 0;
}

int rulesetoci_print(FILE *file, const struct subject *subject)
{
    const struct ruleset *ruleset = subject->ruleset;
    int error = 0;

    if (ruleset->selected != COMPARTMENT_NONE)
        return print_part(file, &ruleset->parts[ruleset->selected]);
    for (size_t i = 0; i < ruleset->count && !error; i++) {
        error = print_key(file, ruleset->parts[i].name, i ? "," : "{\n");
        if (!error)
            error = print_part(file, &ruleset->parts[i]);
    }
    fputs("}\n", file);
    return error;
}
