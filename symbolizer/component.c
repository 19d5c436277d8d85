/* component.c - tells packages by names. */
#include "component.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "go:" };

/* As library.c's list of files: what passes requests on. An asterisk stands for slashes too. */
static const char *const runtime_components[] = {
    "go:runtime",    "go:runtime/*",          "go:syscall",
    "go:internal/*", "go:golang.org/x/sys/*", "go:vendor/golang.org/x/sys/*",
};

enum {
    KINDS = sizeof(kinds) / sizeof(*kinds),
    RUNTIME_COMPONENTS = sizeof(runtime_components) / sizeof(*runtime_components),
};

/*
 * How much of a Go name is the package's path: up to the first dot of its last element. Type
 * arguments and receivers have paths and dots of their own: "a/b.F[c/d.T]", "a/b.(*T).M". 0: there
 * is none, as in "gosave_systemstack_switch", "type..eq.c/d.T", "go:(*struct { sync.Mutex }).Lock".
 */
static size_t package_length(const char *function)
{
    size_t plain = strcspn(function, "[(:"), dot = 0;

    for (size_t i = plain; i && !dot; i--) {
        if (function[i - 1] == '/' || i == 1) {
            size_t element = function[i - 1] == '/' ? i : 0;
            dot = element + strcspn(function + element, ".");
        }
    }
    if (function[plain] == ':' || dot >= plain || !strncmp(function, "type..", 6) ||
        !strncmp(function, "go.", 3))
        return 0;
    return dot;
}

static int digit(char c)
{
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* In a path the dots of the last element are "%2e", and some other characters likewise. */
static void unescape(char *text)
{
    char *to = text;

    for (const char *from = text; *from; to++) {
        if (from[0] == '%' && isxdigit((unsigned char)from[1]) &&
            isxdigit((unsigned char)from[2])) {
            *to = (char)(digit(from[1]) << 4 | digit(from[2]));
            from += 3;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

char *component_of_go(const char *function)
{
    size_t length = package_length(function);
    char *component;

    if (asprintf(&component, "go:%.*s", length ? (int)length : 7, length ? function : "runtime") <
        0)
        return NULL;
    unescape(component);
    return component;
}

bool component_is_valid(const char *component)
{
    for (int i = 0; i < KINDS; i++)
        if (!strncmp(component, kinds[i], strlen(kinds[i])) && component[strlen(kinds[i])])
            return true;
    return !*component;
}

const char *component_name(const char *component)
{
    const char *colon = strchr(component, ':');
    return colon ? colon + 1 : component;
}

bool component_is_runtime(const char *component)
{
    for (int i = 0; i < RUNTIME_COMPONENTS; i++)
        if (!fnmatch(runtime_components[i], component, 0))
            return true;
    return false;
}
