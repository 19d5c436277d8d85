/* complain.c - messages of the commands that read run files. */
#include "complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"

int complain(const char *format, ...)
{
    va_list arguments;

    fputs("systrace-lib: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    putc('\n', stderr);
    return -EINVAL;
}

int complain_of(const char *raw, const char *what)
{
    char *shown = escape(raw);

    complain("%s: %s", shown ? shown : "?", what);
    free(shown);
    return -EINVAL;
}

void complain_line(const char *line)
{
    complain("%s", line);
}

int complain_of_stdout(int error)
{
    if (!error && (fflush(stdout) || ferror(stdout)))
        error = errno ? -errno : -EIO;
    if (error)
        complain("cannot write the standard output: %s", strerror(-error));
    return error ? -EIO : 0;
}
