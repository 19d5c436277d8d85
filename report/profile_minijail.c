/*
 * profile_minijail.c - a filter as a policy of minijail (minijail0(5)): a line "NAME: 1" for each
 * call, where 1 is the expression that is always true. What is not named kills the process.
 */
#include "report/profile.h"

int profile_minijail(FILE *file, const struct profile *profile)
{
    profile_print_comment(file, profile, "# ");
    for (int why = 0; why < ALLOWED_WHYS; why++) {
        if (!allowlist_count(&profile->list, ABI_COUNT, (enum allowed_why)why))
            continue;
        fprintf(file, "\n# %s\n", profile_why((enum allowed_why)why));
        for (size_t i = 0; i < profile->list.count; i++)
            if (profile->list.calls[i].why == (enum allowed_why)why)
                fprintf(file, "%s: 1\n", profile->list.calls[i].name);
    }
    return 0;
}
