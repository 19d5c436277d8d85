/* diag.c - prints messages to the user. */
#include "diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void diag(const char *format, ...)
{
    char text[4608];
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    fprintf(stderr, "systrace-lib: %s\n", text);
    errno = saved;
}
