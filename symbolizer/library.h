/*
 * library.h - which libraries are runtime libraries: files of the C library itself, which pass
 * requests on (design: a closed list by soname, else base name, for glibc and musl). The list can
 * be extended by shell globs or cleared by the user.
 */
#ifndef SYSTRACE_LIBRARY_H
#define SYSTRACE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include "module.h"

/* The list in force: the built-in one unless cleared, and the user's globs. */
struct runtime_libraries {
    bool no_builtin;
    const char **globs; /* borrowed fnmatch(3) patterns on soname, base name or component */
    size_t glob_count;
};

/* True if this module (its soname, or its name if it has none) is a runtime library. */
bool library_is_runtime(const struct runtime_libraries *list, const struct module *module);

/* True if this component (component.h) of a module is a runtime library. */
bool library_component_is_runtime(const struct runtime_libraries *list, const char *component);

/* True if this module is a dynamic loader (ld-linux-x86-64.so.2, ld-musl-*; musl's libc.so is
 * both). */
bool library_is_loader(const struct module *module);

/* True if this module is the C library proper (libc.so.6, libc.musl-x86_64.so.1), which has
 * exit(3). */
bool library_is_libc(const struct module *module);

/* True if the function of this name in this module and component is exit(3), quick_exit(3) or what
 * runs their handlers. */
bool library_is_exit_handler(const struct module *module, const char *component,
                             const char *function);

#endif
