/* profile_c.c - a filter as a C file that makes and installs it by libseccomp. */
#include "report/profile.h"

static const char head[] =
    " *\n"
    " * int install_filter(void): 0, or a negative errno. It sets no_new_privs.\n"
    " * To run a program under it: cc -DFILTER_MAIN FILE.c -lseccomp -o filter && ./filter "
    "COMMAND\n"
    " */\n"
    "#include <errno.h>\n"
    "#include <seccomp.h>\n"
    "#include <stddef.h>\n"
    "#ifdef FILTER_MAIN\n"
    "#include <stdio.h>\n"
    "#include <string.h>\n"
    "#include <unistd.h>\n"
    "#endif\n"
    "\n"
    "/* By name; or by number, where this libseccomp has no name for it. */\n"
    "struct filter_call {\n"
    "    const char *name;\n"
    "    int number;\n"
    "};\n";

static const char tail[] =
    "\n"
    "/* A filter of one ABI alone; NULL if that fails. */\n"
    "static scmp_filter_ctx make_filter(uint32_t arch, const struct filter_call *call, int "
    "*error)\n"
    "{\n"
    "    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));\n"
    "\n"
    "    *error = filter ? 0 : -ENOMEM;\n"
    "    if (!*error && arch != seccomp_arch_native()) {\n"
    "        *error = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);\n"
    "        if (!*error)\n"
    "            *error = seccomp_arch_add(filter, arch);\n"
    "    }\n"
    "    if (!*error)\n"
    "        *error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));\n"
    "    for (; !*error && (call->name || call->number >= 0); call++) {\n"
    "        int number = call->name ? seccomp_syscall_resolve_name(call->name) : call->number;\n"
    "        *error = number == __NR_SCMP_ERROR ? -ENOSYS\n"
    "                                           : seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, "
    "0);\n"
    "    }\n"
    "    if (!*error)\n"
    "        return filter;\n"
    "    seccomp_release(filter);\n"
    "    return NULL;\n"
    "}\n"
    "\n"
    "int install_filter(void)\n"
    "{\n"
    "    scmp_filter_ctx all = NULL;\n"
    "    int error = 0;\n"
    "\n"
    "    for (size_t i = 0; !error && i < sizeof(filter_abis) / sizeof(*filter_abis); i++) {\n"
    "        scmp_filter_ctx one = make_filter(filter_abis[i].arch, filter_abis[i].calls, "
    "&error);\n"
    "        if (!error && all && (error = seccomp_merge(all, one)))\n"
    "            seccomp_release(one);\n"
    "        all = all ? all : one;\n"
    "    }\n"
    "    if (!error) /* for all threads there are */\n"
    "        error = seccomp_attr_set(all, SCMP_FLTATR_CTL_TSYNC, 1);\n"
    "    if (!error)\n"
    "        error = seccomp_load(all);\n"
    "    seccomp_release(all);\n"
    "    return error;\n"
    "}\n"
    "\n"
    "#ifdef FILTER_MAIN\n"
    "int main(int argc, char **argv)\n"
    "{\n"
    "    int error = argc > 1 ? install_filter() : -EINVAL;\n"
    "\n"
    "    if (!error && execvp(argv[1], argv + 1))\n"
    "        error = -errno;\n"
    "    fprintf(stderr, \"%s: %s\\n\", argv[0], strerror(-error));\n"
    "    return 125;\n"
    "}\n"
    "#endif\n";

/* The comment of the file: what is in it may have words that end or begin a comment in C. */
static void print_comment(FILE *file, const struct profile *profile)
{
    const char *line_start = " * ";

    fputs("/*\n", file);
    fputs(line_start, file);
    for (const char *c = profile->comment; *c; c++) {
        putc(*c, file);
        if (*c == '\n' && c[1])
            fputs(line_start, file);
        if ((*c == '*' && c[1] == '/') || (*c == '/' && c[1] == '*'))
            putc(' ', file);
    }
}

static void print_calls(FILE *file, const struct allowlist *list, enum abi abi)
{
    fprintf(file, "\nstatic const struct filter_call filter_%s[] = {\n", abi_name(abi));
    for (int why = 0; why < ALLOWED_WHYS; why++) {
        if (!allowlist_count(list, abi, (enum allowed_why)why))
            continue;
        fprintf(file, "    /* %s */\n", profile_why((enum allowed_why)why));
        for (size_t i = 0; i < list->count; i++) {
            const struct allowed *call = &list->calls[i];
            if (call->abi != abi || call->why != (enum allowed_why)why)
                continue;
            if (call->named)
                fprintf(file, "    { \"%s\", 0 },\n", call->name);
            else
                fprintf(file, "    { NULL, %u },\n", call->nr);
        }
    }
    fputs("    { NULL, -1 },\n};\n", file);
}

int profile_c(FILE *file, const struct profile *profile)
{
    const struct allowlist *list = &profile->list;

    print_comment(file, profile);
    fputs(head, file);
    for (int abi = 0; abi < ABI_COUNT; abi++)
        if (allowlist_has_abi(list, (enum abi)abi))
            print_calls(file, list, (enum abi)abi);
    fputs("\nstatic const struct {\n    uint32_t arch;\n    const struct filter_call *calls;\n"
          "} filter_abis[] = {\n",
          file);
    for (int abi = 0; abi < ABI_COUNT; abi++)
        if (allowlist_has_abi(list, (enum abi)abi))
            fprintf(file, "    { %s, filter_%s },\n", abi_constant((enum abi)abi),
                    abi_name((enum abi)abi));
    fputs("};\n", file);
    fputs(tail, file);
    return 0;
}
