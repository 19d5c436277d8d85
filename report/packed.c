/* packed.c - the formats that are others, packed by gzip. */
#include <errno.h>
#include "record/gzip.h"
#include "report/format.h"

static int print_packed(FILE *file, const struct subject *subject, format_print *print)
{
    FILE *packed = gzip_writer(file);

    if (!packed)
        return -ENOMEM;
    int error = print(packed, subject);
    fclose(packed); /* what was wrong with it is what `file` knows */
    return error;
}

int runjsongz_print(FILE *file, const struct subject *subject)
{
    return print_packed(file, subject, runjson_print);
}

int tablejsongz_print(FILE *file, const struct subject *subject)
{
    return print_packed(file, subject, tablejson_print);
}
