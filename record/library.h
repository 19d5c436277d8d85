/*
 * library.h - which libraries are runtime libraries: files of the C library itself, which pass
 * requests on. A closed list, for glibc and musl: of files whose soname and base name are both of
 * one file of it, and that show to be of its set (module.h); of what glibc has in gconv/, those
 * beside a C library of the run. The list can be extended by shell globs or cleared by the user.
 */
#ifndef SYSTRACE_LIBRARY_H
#define SYSTRACE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include "record/module.h"

/* The list in force: the built-in one unless cleared, and the user's globs. */
struct runtime_libraries {
    bool no_builtin;
    const char **globs; /* borrowed fnmatch(3) patterns on soname, base name or component */
    size_t glob_count;
};

/* All modules of a run, borrowed. */
struct library_run {
    const struct module *modules;
    size_t count;
};

/* True if this module of the run is a runtime library. */
bool library_is_runtime(const struct runtime_libraries *list, const struct library_run *run,
                        const struct module *module);

/* True if this module has the soname, or without one the base name, of a runtime library: then its
 * set is of interest. */
bool library_has_runtime_name(const struct module *module);

/* True if it has, and nothing else that a runtime library has, nor did the user say that it is one:
 * it is a caller like any other. */
bool library_only_claims(const struct runtime_libraries *list, const struct module *module);

/* How the run file calls a set; "" is SET_UNKNOWN. And back: false if there is no such. */
const char *library_set_name(enum runtime_set set);
bool library_find_set(const char *name, enum runtime_set *ret);

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
