/* library.c - the closed list of runtime libraries, as one table. */
#include "library.h"

#include <ctype.h>
#include <fnmatch.h>
#include <limits.h>
#include <string.h>

#include "symbolizer/component.h"

enum role { PASSES_ON, LOADER, LIBC };

/*
 * Shell patterns on a module's name without its version, and the version that its soname has, so
 * that a program's own libutil.so is not taken for glibc's. glibc's files may have the version of
 * the release instead: "libm" is libm.so.6 and libm-2.31.so. musl's libc.so has none. The loaders
 * come in several spellings: ld-linux-x86-64.so.2, ld-2.36.so, ld-musl-x86_64.so.1.
 */
static const struct {
    const char *pattern, *version;
    enum role role;
} runtime_names[] = {
    { "libc", "6", LIBC },
    { "libc", "", LIBC },
    { "libc.musl-*", "1", LIBC },
    { "ld", NULL, LOADER },
    { "ld-linux", "2", LOADER },
    { "ld-linux-*", "2", LOADER },
    { "ld-musl-*", "1", LOADER },
    { "libpthread", "0", PASSES_ON },
    { "libdl", "2", PASSES_ON },
    { "librt", "1", PASSES_ON },
    { "libanl", "1", PASSES_ON },
    { "libresolv", "2", PASSES_ON },
    { "libutil", "1", PASSES_ON },
    { "libm", "6", PASSES_ON },
    { "libmvec", "1", PASSES_ON },
    { "libnss_files", "2", PASSES_ON },
    { "libnss_dns", "2", PASSES_ON },
    { "libnss_compat", "2", PASSES_ON },
    { "libnss_hesiod", "2", PASSES_ON },
    { "libnss_db", "2", PASSES_ON },
    { "libgcc_s", "1", PASSES_ON },
};

enum { RUNTIME_NAMES = sizeof(runtime_names) / sizeof(*runtime_names), NO_ROLE = -1 };

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

static int role_of(const struct module *module)
{
    char stem[NAME_MAX + 1];
    const char *version;

    if (!strip_version(name_of(module), stem, &version))
        return NO_ROLE;
    for (int i = 0; i < RUNTIME_NAMES; i++)
        if (!fnmatch(runtime_names[i].pattern, stem, 0) &&
            (!version || (runtime_names[i].version && !strcmp(version, runtime_names[i].version))))
            return runtime_names[i].role;
    return NO_ROLE;
}

static bool is_builtin(const struct module *module)
{
    return role_of(module) != NO_ROLE || !strcmp(module->path, "[vdso]") ||
           !fnmatch("*/gconv/*.so", module->path, 0);
}

/* A glob may also be the name itself: "[vdso]" would be a set of four letters as a pattern. */
static bool is_match(const char *glob, const char *name)
{
    return !strcmp(glob, name) || !fnmatch(glob, name, 0);
}

bool library_is_runtime(const struct runtime_libraries *list, const struct module *module)
{
    for (size_t i = 0; i < list->glob_count; i++)
        if (is_match(list->globs[i], module->name) ||
            (*module->soname && is_match(list->globs[i], module->soname)))
            return true;
    return !list->no_builtin && is_builtin(module);
}

bool library_component_is_runtime(const struct runtime_libraries *list, const char *component)
{
    for (size_t i = 0; i < list->glob_count; i++)
        if (is_match(list->globs[i], component_name(component)))
            return true;
    return !list->no_builtin && component_is_runtime(component);
}

/* musl has one file for both, libc.so; glibc's has a version, libc.so.6. */
static bool is_musl_libc(const struct module *module)
{
    const char *name = name_of(module);
    return !strcmp(name, "libc.so") || !strncmp(name, "libc.musl-", 10);
}

bool library_is_loader(const struct module *module)
{
    return role_of(module) == LOADER || is_musl_libc(module);
}

bool library_is_libc(const struct module *module)
{
    return role_of(module) == LIBC || !strncmp(name_of(module), "ld-musl-", 8);
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
    return (library_is_libc(module) || !strcmp(component, COMPONENT_LIBC)) &&
           (!strcmp(function, "exit") || !strcmp(function, "quick_exit"));
}
