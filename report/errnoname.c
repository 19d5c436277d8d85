/* errnoname.c - looks errors up by the C library's names. */
#include "errnoname.h"

#include <stdlib.h>
#include <string.h>

const char *errno_name(int number)
{
    return strerrorname_np(number);
}

int errno_parse(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    if (digits && digits < 5 && !text[digits] && atoi(text) <= ERRNO_LAST)
        return atoi(text);
    for (int number = 1; number < ERRNO_LAST; number++) {
        const char *name = errno_name(number);
        if (name && !strcmp(name, text))
            return number;
    }
    return 0;
}
