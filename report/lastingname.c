/* lastingname.c - by which name a library is the same one in two runs. */
#include "lastingname.h"

#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_executed(const struct run *run, const struct module *module)
{
    for (size_t i = 0; i < run->program_count; i++)
        if (!strcmp(run->programs[i].path, module->path))
            return true;
    return false;
}

/* The one name under which files of this name were executed; NULL: there are several, as of
 * busybox. */
static const char *program_name(const struct run *run, const char *file)
{
    const char *ret = NULL;

    for (size_t i = 0; i < run->program_count; i++) {
        const struct program *program = &run->programs[i];
        if (strcmp(base_name(program->path), file))
            continue;
        if (ret && strcmp(ret, program->name))
            return NULL;
        ret = program->name;
    }
    return ret;
}

/* Of "libfoo.so.1.2" the length of "libfoo.so.1"; of all else the whole. */
static size_t length_without_version(const char *name)
{
    const char *so = strstr(name, ".so.");
    size_t digits = so ? strspn(so + 4, "0123456789") : 0;

    return digits && so[4 + digits] == '.' ? (size_t)(so - name) + 4 + digits : strlen(name);
}

/* Any file may say that it is another library: its own name must begin as the soname does
 * ("libopenblasp-r0.3.so" may be libopenblas.so.0, libevil.so may not). */
static bool is_credible(const struct module *module)
{
    size_t stem = strcspn(module->soname, ".");

    return *module->soname && !strncmp(module->name, module->soname, stem);
}

static char *name_of(const struct run *run, const struct module *module)
{
    const char *name;

    if (*module->path != '/') /* "[vdso]" has a soname of its own */
        return strdup(module->name);
    if (is_credible(module))
        return strdup(module->soname);
    if (is_executed(run, module)) {
        name = program_name(run, module->name);
        return strdup(name && *name ? name : module->name);
    }
    return strndup(module->name, length_without_version(module->name));
}

char **lasting_names(const struct run *run)
{
    char **names = calloc(run->module_count + 1, sizeof(*names));

    for (size_t i = 0; names && i < run->module_count; i++) {
        if (!(names[i] = name_of(run, &run->modules[i]))) {
            lasting_names_free(names, run);
            return NULL;
        }
    }
    return names;
}

void lasting_names_free(char **names, const struct run *run)
{
    for (size_t i = 0; names && i < run->module_count; i++)
        free(names[i]);
    free(names);
}
