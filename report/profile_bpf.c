/*
 * profile_bpf.c - a filter as the program that the kernel takes: an array of struct sock_filter in
 * the machine's byte order (seccomp(2)), made by libseccomp. Calls of an ABI that it does not have,
 * and calls that it does not let through, fail with EPERM.
 */
#include <errno.h>
#include <seccomp.h>
#include <unistd.h>
#include "report/child.h"
#include "report/profile.h"

/* libseccomp takes numbers of x86_64, also negative ones that it made up for calls that this ABI
 * lacks, and translates them by their names. */
static int allow(scmp_filter_ctx filter, const struct allowed *call)
{
    int nr = call->named ? seccomp_syscall_resolve_name(call->name) : (int)call->nr;

    return seccomp_rule_add(filter, SCMP_ACT_ALLOW, nr, 0);
}

/* With the calls of one ABI alone, of which there may be none. NULL if that fails. */
static scmp_filter_ctx make_one(const struct allowlist *list, enum abi abi)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int error = filter ? 0 : -ENOMEM;

    if (!error && abi != ABI_X86_64)
        error = seccomp_arch_remove(filter, SCMP_ARCH_X86_64);
    if (!error && abi != ABI_X86_64)
        error = seccomp_arch_add(filter, abi_architecture(abi));
    if (!error)
        error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    for (size_t i = 0; i < list->count && !error; i++)
        if (list->calls[i].abi == abi)
            error = allow(filter, &list->calls[i]);
    if (!error)
        return filter;
    seccomp_release(filter);
    return NULL;
}

/* Of all ABIs that there are: filters of one each, merged. */
static int make_all(const struct allowlist *list, scmp_filter_ctx *ret)
{
    scmp_filter_ctx all = NULL;

    for (int abi = 0; abi < ABI_COUNT; abi++) {
        if (!allowlist_has_abi(list, (enum abi)abi))
            continue;
        scmp_filter_ctx one = make_one(list, (enum abi)abi);
        int error = !one ? -EINVAL : all ? seccomp_merge(all, one) : 0;
        if (error) {
            seccomp_release(one);
            seccomp_release(all);
            return error;
        }
        all = all ? all : one;
    }
    *ret = all;
    return 0;
}

/* libseccomp writes to a descriptor; a file that has none, as in memory, gets it by one that has.
 */
static int export(scmp_filter_ctx filter, FILE *file)
{
    FILE *program = child_file();
    int error = program ? seccomp_export_bpf(filter, fileno(program)) : -errno;

    if (program && !error) {
        rewind(program);
        for (int byte; (byte = getc(program)) != EOF;)
            putc(byte, file);
    }
    if (program)
        fclose(program);
    return error;
}

int profile_bpf(FILE *file, const struct profile *profile)
{
    scmp_filter_ctx filter;
    int error = make_all(&profile->list, &filter);

    if (error)
        return error;
    error = export(filter, file);
    seccomp_release(filter);
    return error;
}
