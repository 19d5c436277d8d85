/* glob.c - names by themselves, or by wildcards. */
#include "glob.h"

#include <fnmatch.h>
#include <string.h>

bool glob_matches(const char *glob, const char *text)
{
    return !strcmp(glob, text) || !fnmatch(glob, text, FNM_NOESCAPE);
}
