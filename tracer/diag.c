/* diag.c - prints messages to the user. */
#include "diag.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "crash.h"

static void print(const char *format, va_list arguments)
{
    char text[4608];

    vsnprintf(text, sizeof(text), format, arguments);
    for (char *c = text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
    }
    fprintf(stderr, "systrace-lib: %s\n", text);
}

void diag(const char *format, ...)
{
    int saved = errno;
    va_list arguments;

    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    errno = saved;
}

void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    crash_give_up();
    exit(EXIT_OURS);
}
