/* glob.c - names by themselves, or by wildcards. */
#include "glob.h"

#include <fnmatch.h>
#include <string.h>

bool glob_matches(const char *glob, const char *text)
{
    return !strcmp(glob, text) || !fnmatch(glob, text, FNM_NOESCAPE);
}

const char *glob_colon(const char *text)
{
    int depth = 0;

    for (; *text; text++) {
        depth += strchr("[(<", *text) ? 1 : strchr("])>", *text) ? -1 : 0;
        if (*text != ':' || depth > 0)
            continue;
        if (text[1] != ':')
            return text;
        text++;
    }
    return NULL;
}
