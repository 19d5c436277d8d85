/* library.c - the closed list of runtime libraries, as one table; and what else makes a file one.
 */
#include "library.h"

#include <ctype.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "record/component.h"

enum role { PASSES_ON, LOADER, LIBC };

/* The files that names lead to. musl's is libc and the loader in one. */
enum file {
    FILE_LIBC,
    FILE_LOADER,
    FILE_MUSL,
    FILE_PTHREAD,
    FILE_DL,
    FILE_RT,
    FILE_ANL,
    FILE_RESOLV,
    FILE_UTIL,
    FILE_M,
    FILE_MVEC,
    FILE_NSS_FILES,
    FILE_NSS_DNS,
    FILE_NSS_COMPAT,
    FILE_NSS_HESIOD,
    FILE_NSS_DB,
    FILE_GCC,
};

/*
 * Shell patterns on a module's name without its version, and the version that its soname has, so
 * that a program's own libutil.so is not taken for glibc's. glibc's files may have the version of
 * the release instead: "libm" is libm.so.6 and libm-2.31.so. musl's libc.so has none. The loaders
 * come in several spellings: ld-linux-x86-64.so.2, ld-2.36.so, ld-musl-x86_64.so.1; Fedora's
 * libgcc_s is libgcc_s-12-20220819.so.1.
 */
static const struct {
    const char *pattern, *version;
    enum role role;
    enum file file;
    enum runtime_set set;
} runtime_names[] = {
    { "libc", "6", LIBC, FILE_LIBC, SET_GLIBC },
    { "libc", "", LIBC, FILE_MUSL, SET_MUSL },
    { "libc.musl-*", "1", LIBC, FILE_MUSL, SET_MUSL },
    { "ld", NULL, LOADER, FILE_LOADER, SET_GLIBC },
    { "ld-linux", "2", LOADER, FILE_LOADER, SET_GLIBC },
    { "ld-linux-*", "2", LOADER, FILE_LOADER, SET_GLIBC },
    { "ld-musl-*", "1", LOADER, FILE_MUSL, SET_MUSL },
    { "libpthread", "0", PASSES_ON, FILE_PTHREAD, SET_GLIBC },
    { "libdl", "2", PASSES_ON, FILE_DL, SET_GLIBC },
    { "librt", "1", PASSES_ON, FILE_RT, SET_GLIBC },
    { "libanl", "1", PASSES_ON, FILE_ANL, SET_GLIBC },
    { "libresolv", "2", PASSES_ON, FILE_RESOLV, SET_GLIBC },
    { "libutil", "1", PASSES_ON, FILE_UTIL, SET_GLIBC },
    { "libm", "6", PASSES_ON, FILE_M, SET_GLIBC },
    { "libmvec", "1", PASSES_ON, FILE_MVEC, SET_GLIBC },
    { "libnss_files", "2", PASSES_ON, FILE_NSS_FILES, SET_GLIBC },
    { "libnss_dns", "2", PASSES_ON, FILE_NSS_DNS, SET_GLIBC },
    { "libnss_compat", "2", PASSES_ON, FILE_NSS_COMPAT, SET_GLIBC },
    { "libnss_hesiod", "2", PASSES_ON, FILE_NSS_HESIOD, SET_GLIBC },
    { "libnss_db", "2", PASSES_ON, FILE_NSS_DB, SET_GLIBC },
    { "libgcc_s", "1", PASSES_ON, FILE_GCC, SET_GCC },
    { "libgcc_s-*", "1", PASSES_ON, FILE_GCC, SET_GCC },
};

enum { RUNTIME_NAMES = sizeof(runtime_names) / sizeof(*runtime_names), NO_NAME = -1, NO_ROLE = -1 };

static const char *name_of(const struct module *module)
{
    return *module->soname ? module->soname : module->name;
}

/* Length of a glibc release before `end`, as "-2.36"; 0 if there is none. */
static size_t release_before(const char *name, size_t end)
{
    size_t start = end;

    while (start && isdigit((unsigned char)name[start - 1]))
        start--;
    return start < end && start >= 3 && !memcmp(name + start - 3, "-2.", 3) ? end - start + 3 : 0;
}

/*
 * Takes a name apart: the stem without ".so", ".so.6" or "-2.36.so", and its version: "", "6", or
 * NULL for a release of glibc. False if it is no name of a shared library.
 */
static bool strip_version(const char *name, char stem[static NAME_MAX + 1], const char **version)
{
    size_t length = strlen(name);
    if (length > NAME_MAX)
        return false;
    while (length && (isdigit((unsigned char)name[length - 1]) ||
                      (name[length - 1] == '.' && isdigit((unsigned char)name[length]))))
        length--;
    if (length < 3 || memcmp(name + length - 3, ".so", 3))
        return false;
    *version = name + length + (name[length] == '.');
    length -= 3;
    size_t release = **version ? 0 : release_before(name, length);
    if (release)
        *version = NULL;
    memcpy(stem, name, length - release);
    stem[length - release] = '\0';
    return true;
}

/* Its number in the list; NO_NAME. */
static int find_name(const char *name)
{
    char stem[NAME_MAX + 1];
    const char *version;

    if (!strip_version(name, stem, &version))
        return NO_NAME;
    for (int i = 0; i < RUNTIME_NAMES; i++)
        if (!fnmatch(runtime_names[i].pattern, stem, 0) &&
            (!version || (runtime_names[i].version && !strcmp(version, runtime_names[i].version))))
            return i;
    return NO_NAME;
}

/* Are both names of one file of that list, and does it show to be of the list's set, if that is
 * known? The soname alone is what the file says of itself. */
static bool is_proven(const struct module *module, int claimed)
{
    int name = find_name(module->name);

    return name != NO_NAME && runtime_names[name].file == runtime_names[claimed].file &&
           (module->set == SET_UNKNOWN || module->set == runtime_names[claimed].set);
}

static int role_of(const struct module *module)
{
    int claimed = find_name(name_of(module));

    return claimed != NO_NAME && is_proven(module, claimed) ? (int)runtime_names[claimed].role
                                                            : NO_ROLE;
}

/* A glob may also be the name itself: "[vdso]" would be a set of four letters as a pattern. */
static bool is_match(const char *glob, const char *name)
{
    return !strcmp(glob, name) || !fnmatch(glob, name, 0);
}

/* Has the user said that it is a runtime library? */
static bool is_listed(const struct runtime_libraries *list, const struct module *module)
{
    for (size_t i = 0; i < list->glob_count; i++)
        if (is_match(list->globs[i], module->name) ||
            (*module->soname && is_match(list->globs[i], module->soname)))
            return true;
    return false;
}

bool library_has_runtime_name(const struct module *module)
{
    return find_name(name_of(module)) != NO_NAME;
}

bool library_only_claims(const struct runtime_libraries *list, const struct module *module)
{
    return library_has_runtime_name(module) && role_of(module) == NO_ROLE && !list->no_builtin &&
           !is_listed(list, module);
}

/* Length of the path's directory, without the last slash; 0: it has none. */
static size_t directory_length(const char *path, size_t length)
{
    while (length && path[length - 1] != '/')
        length--;
    return length ? length - 1 : 0;
}

/* Does a C library of the run lie here? */
static bool has_libc(const struct library_run *run, const char *directory, size_t length)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct module *module = &run->modules[i];
        if (directory_length(module->path, strlen(module->path)) == length &&
            !memcmp(module->path, directory, length) && role_of(module) == LIBC)
            return true;
    }
    return false;
}

/* The C library's conversions have no names of their own, but a place, beside it. */
static bool is_conversion(const struct library_run *run, const struct module *module)
{
    size_t gconv = directory_length(module->path, strlen(module->path));

    return !fnmatch("*/gconv/*.so", module->path, 0) &&
           has_libc(run, module->path, directory_length(module->path, gconv));
}

static bool is_builtin(const struct library_run *run, const struct module *module)
{
    return role_of(module) != NO_ROLE || !strcmp(module->path, "[vdso]") ||
           is_conversion(run, module);
}

bool library_is_runtime(const struct runtime_libraries *list, const struct library_run *run,
                        const struct module *module)
{
    return is_listed(list, module) || (!list->no_builtin && is_builtin(run, module));
}

bool library_component_is_runtime(const struct runtime_libraries *list, const char *component)
{
    for (size_t i = 0; i < list->glob_count; i++)
        if (is_match(list->globs[i], component_name(component)))
            return true;
    return !list->no_builtin && component_is_runtime(component);
}

static bool is_musl(const struct module *module)
{
    return role_of(module) != NO_ROLE &&
           runtime_names[find_name(name_of(module))].file == FILE_MUSL;
}

bool library_is_loader(const struct module *module)
{
    return role_of(module) == LOADER || is_musl(module);
}

bool library_is_libc(const struct module *module)
{
    return role_of(module) == LIBC || is_musl(module);
}

bool library_is_exit_handler(const struct module *module, const char *component,
                             const char *function)
{
    /* Names that are the C library's own. */
    static const char *const runners[] = { "__run_exit_handlers", "__libc_exit_fini",
                                           "libc_exit_fini", "__funcs_on_exit" };

    for (size_t i = 0; i < sizeof(runners) / sizeof(*runners); i++)
        if (!strcmp(function, runners[i]))
            return true;
    return (!strcmp(function, "exit") || !strcmp(function, "quick_exit")) &&
           (library_is_libc(module) || !strcmp(component, COMPONENT_LIBC));
}

static const char *const set_names[RUNTIME_SETS] = {
    [SET_UNKNOWN] = "", [SET_NONE] = "none", [SET_GLIBC] = "glibc",
    [SET_GCC] = "gcc",  [SET_MUSL] = "musl",
};

const char *library_set_name(enum runtime_set set)
{
    return set_names[set];
}

bool library_find_set(const char *name, enum runtime_set *ret)
{
    for (int set = SET_UNKNOWN; set < RUNTIME_SETS; set++) {
        if (!strcmp(name, set_names[set])) {
            *ret = (enum runtime_set)set;
            return true;
        }
    }
    return false;
}
