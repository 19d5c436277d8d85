/*
 * profile_oci.c - a filter as the object linux.seccomp of an OCI bundle's config.json (the runtime
 * specification's config-linux.md, Seccomp), which Docker's --security-opt seccomp=FILE takes too.
 * JSON has no comments: what it rests on goes to the standard error.
 */
#include <errno.h>
#include <jansson.h>
#include "report/profile.h"

static json_t *make_architectures(const struct allowlist *list)
{
    json_t *array = json_array();

    for (int abi = 0; abi < ABI_COUNT; abi++)
        if (allowlist_has_abi(list, (enum abi)abi))
            json_array_append_new(array, json_string(abi_constant((enum abi)abi)));
    return array;
}

static json_t *make_names(const struct allowlist *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        if (allowlist_is_first(list, i))
            json_array_append_new(array, json_string(list->calls[i].name));
    return array;
}

/* defaultErrnoRet is new in version 1.0.3 of the specification; who does not know it returns
 * EPERM as well. */
int profile_oci(FILE *file, const struct profile *profile)
{
    json_t *root =
        json_pack("{s:s, s:i, s:o, s:[{s:o, s:s}]}", "defaultAction", "SCMP_ACT_ERRNO",
                  "defaultErrnoRet", EPERM, "architectures", make_architectures(&profile->list),
                  "syscalls", "names", make_names(&profile->list), "action", "SCMP_ACT_ALLOW");

    if (!root)
        return -ENOMEM;
    json_dumpf(root, file, JSON_INDENT(2));
    putc('\n', file);
    json_decref(root);
    return 0;
}
