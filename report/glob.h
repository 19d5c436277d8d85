/*
 * glob.h - what users write to mean names: themselves, or wildcards.
 */
#ifndef SYSTRACE_GLOB_H
#define SYSTRACE_GLOB_H

#include <stdbool.h>

/* Is the glob the text, letter by letter ("[start]" is a name), or does it match it (fnmatch(3), in
 * which a backslash is one, for escaped texts have them)? */
bool glob_matches(const char *glob, const char *text);

/* The single colon of "LIBRARY:FUNCTION", not one of C++'s "::", nor in brackets ("[abi:cxx11]", "[:]");
 * NULL: there is none. */
const char *glob_colon(const char *text);

/* The glob that matches this text alone, in which glob_colon() finds nothing. To be freed; NULL: no
 * memory. */
char *glob_quote(const char *text);

#endif
