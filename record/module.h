/*
 * module.h - what is known of one ELF image (or pseudo-module) that was mapped in a run, apart from
 * where it was mapped. The unit of identity in results.
 */
#ifndef SYSTRACE_MODULE_H
#define SYSTRACE_MODULE_H

#include <stdint.h>
#include <string.h>

/* Pseudo-modules with fixed numbers in every run; they have a name and nothing else. */
enum {
    MODULE_ANON,    /* "[anon]": executable memory that is no ELF file: JIT code, trampolines */
    MODULE_START,   /* "[start]": the tracer's first execve, which no library asked for */
    MODULE_UNKNOWN, /* "[unknown]": not known; never a guess */
    MODULE_FIRST    /* the first number of a real module */
};

/*
 * Which set of runtime libraries a file shows to be part of (versions.h). Asked only of files that
 * have a name of such a library, for anybody may give a file a name.
 */
enum runtime_set {
    SET_UNKNOWN, /* not asked; or it cannot be read; or recorded by a version that did not ask */
    SET_NONE,
    SET_GLIBC,
    SET_GCC,
    SET_MUSL,
    RUNTIME_SETS
};

/* All strings are owned, NUL-terminated, raw bytes as the program saw them; "" for none. */
struct module {
    char *name; /* base name of the file with symlinks resolved: "libsqlite3.so.0.8.6", "[vdso]" */
    char *path; /* as /proc/PID/maps has it, without " (deleted)" */
    char *soname;   /* DT_SONAME */
    char *identity; /* "gnu:HEX" (GNU build-id), "go:TEXT", or "sha1:HEX" of the file; "" if
                       unreadable */
    enum runtime_set set;
    uint64_t size;  /* of the file, bytes */
    uint64_t loads; /* in how many address spaces it appeared (a fork's copy not counted) */
};

/* A GNU build-id as readelf(1) prints it; other identities keep their prefix. */
static inline const char *module_build_id(const struct module *module)
{
    return strncmp(module->identity, "gnu:", 4) ? module->identity : module->identity + 4;
}

#endif
