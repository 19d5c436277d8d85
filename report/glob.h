/*
 * glob.h - what users write to mean names: themselves, or wildcards.
 */
#ifndef SYSTRACE_GLOB_H
#define SYSTRACE_GLOB_H

#include <stdbool.h>

/* Is the glob the text, letter by letter ("[start]" is a name), or does it match it (fnmatch(3), in
 * which a backslash is one, for escaped texts have them)? */
bool glob_matches(const char *glob, const char *text);

#endif
