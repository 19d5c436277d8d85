/* glob.c - names by themselves, or by wildcards. */
#include "glob.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool glob_matches(const char *glob, const char *text)
{
    return !strcmp(glob, text) || !fnmatch(glob, text, FNM_NOESCAPE);
}

/* The end of what fnmatch(3) takes for a set of characters, if one begins here; else NULL. */
static const char *set_end(const char *text)
{
    if (*text != '[')
        return NULL;
    text += strspn(text + 1, "!^") ? 2 : 1;
    return *text ? strchr(text + 1, ']') : NULL;
}

const char *glob_colon(const char *text)
{
    int depth = 0;

    for (; *text; text++) {
        const char *end = set_end(text);
        if (end) {
            text = end;
            continue;
        }
        depth += strchr("[(<", *text) ? 1 : strchr("])>", *text) ? -1 : 0;
        if (*text != ':' || depth > 0)
            continue;
        if (text[1] != ':')
            return text;
        text++;
    }
    return NULL;
}

char *glob_quote(const char *text)
{
    char *ret = malloc(3 * strlen(text) + 1), *end = ret;

    for (; ret && *text; text++)
        end += sprintf(end, strchr("[*?:(<", *text) ? "[%c]" : "%c", *text);
    if (ret)
        *end = '\0';
    return ret;
}
