/*
 * component.h - which part of a module a function belongs to that was linked into it statically: a
 * Go package or a Rust crate, by the function's name, the C library (staticlibc.h), or a source
 * directory (directories.h). As records have it, a component is its kind and its name:
 * "go:net/http", "rust:serde", "libc", "c:lib/zlib"; "" for the module's own part, "[unknown]"
 * where that may be of any.
 */
#ifndef SYSTRACE_COMPONENT_H
#define SYSTRACE_COMPONENT_H

#include <stdbool.h>

#define COMPONENT_LIBC    "libc"
#define COMPONENT_UNKNOWN "[unknown]"

/* The component of a Go function, by its name in Go's own table: "go:net/http" of
 * "net/http.(*conn).serve". What no package has is the runtime's: assembly's helpers, and what the
 * compiler and linker generate. To be freed; NULL: no memory. */
char *component_of_go(const char *function);

/* The component of a function by its name as the symbol table has it: "rust:serde" of a mangled
 * name of Rust's that says so (the older scheme does not of every method), else "". To be freed;
 * NULL: no memory. */
char *component_of_symbol(const char *mangled);

/* The component of a source directory. To be freed; NULL: no memory. */
char *component_of_directory(const char *directory);

/* Is it one of those above? */
bool component_is_valid(const char *component);

/* Its name, without the kind. */
const char *component_name(const char *component);

/* Is it sure that code in a function of this component is of this component? Go records what was
 * inlined where; of Rust's functions, code of any crate may have been put into one of another. */
bool component_is_sure(const char *component);

/* Do all functions of components of this kind have names? Go's have; symbol tables need not list
 * all. */
bool component_is_all_named(const char *component);

/* Is it a part of its language's runtime library, which passes requests on? */
bool component_is_runtime(const char *component);

#endif
