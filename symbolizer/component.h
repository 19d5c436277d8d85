/*
 * component.h - which part of a module a function belongs to that was linked into it statically: a
 * Go package, by the function's name. As records have it, a component is its kind and its name:
 * "go:net/http"; "" where nothing is known.
 */
#ifndef SYSTRACE_COMPONENT_H
#define SYSTRACE_COMPONENT_H

#include <stdbool.h>

/* The component of a Go function, by its name in Go's own table: "go:net/http" of
 * "net/http.(*conn).serve". What no package has is the runtime's: assembly's helpers, and what the
 * compiler and linker generate. To be freed; NULL: no memory. */
char *component_of_go(const char *function);

/* Is it "", or of a known kind and with a name? */
bool component_is_valid(const char *component);

/* Its name, without the kind. */
const char *component_name(const char *component);

/* Is it a part of its language's runtime library, which passes requests on? */
bool component_is_runtime(const char *component);

#endif
