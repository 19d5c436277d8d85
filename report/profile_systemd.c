/*
 * profile_systemd.c - a filter as a drop-in of a service: DIRECTORY/NAME.service.d/filter.conf
 * (systemd.exec(5): SystemCallFilter=, SystemCallArchitectures=, SystemCallErrorNumber=). The
 * empty assignments take back what the unit itself says, to which lists are added otherwise.
 */
#include "report/profile.h"

/* Not x86-64: `systemd-analyze security` is content with this one only. */
static const char *const architectures[ABI_COUNT] = {
    [ABI_X86_64] = "native",
    [ABI_I386] = "x86",
    [ABI_X32] = "x32",
};

int profile_systemd(FILE *file, const struct profile *profile)
{
    profile_print_comment(file, profile, "# ");
    fputs("\n[Service]\nSystemCallArchitectures=\nSystemCallArchitectures=", file);
    const char *separator = "";
    for (int abi = 0; abi < ABI_COUNT; abi++) {
        if (!allowlist_has_abi(&profile->list, (enum abi)abi))
            continue;
        fprintf(file, "%s%s", separator, architectures[abi]);
        separator = " ";
    }
    fputs("\nSystemCallErrorNumber=EPERM\nSystemCallFilter=\n", file);
    for (int why = 0; why < ALLOWED_WHYS; why++) {
        if (!allowlist_count(&profile->list, ABI_COUNT, (enum allowed_why)why))
            continue;
        fprintf(file, "# %s\n", profile_why((enum allowed_why)why));
        profile_print_names(file, profile, (enum allowed_why)why, "SystemCallFilter=");
    }
    return 0;
}
