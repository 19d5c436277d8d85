/* source.c - the words for where a name comes from. */
#include "source.h"

#include <string.h>

static const char *const names[SOURCES] = {
    [SOURCE_SYMTAB] = "symtab",
    [SOURCE_DEBUG_FILE] = "debug-file",
    [SOURCE_DEBUGDATA] = "gnu_debugdata",
    [SOURCE_DYNSYM] = "dynsym",
    [SOURCE_GO] = "gopclntab",
    [SOURCE_PERF_MAP] = "perf-map",
};

const char *source_name(enum source source)
{
    return names[source];
}

int source_parse(const char *name)
{
    for (int i = 0; i < SOURCES; i++)
        if (!strcmp(name, names[i]))
            return i;
    return -1;
}
