/* htmljson.c - prints JSON that HTML cannot misunderstand. */
#include "htmljson.h"

#include <inttypes.h>
#include <string.h>

/* U+2028 and U+2029: line ends in JavaScript before ES2019. */
static int is_line_separator(const unsigned char *text)
{
    return text[0] == 0xe2 && text[1] == 0x80 && (text[2] & 0xfe) == 0xa8;
}

void htmljson_string(FILE *file, const char *text)
{
    putc('"', file);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\') {
            fprintf(file, "\\%c", *c);
        } else if (*c < 0x20 || *c == 0x7f || strchr("<>&'", *c)) {
            fprintf(file, "\\u%04x", *c);
        } else if (is_line_separator(c)) {
            fprintf(file, "\\u20%02x", 0x28 + (c[2] & 1));
            c += 2;
        } else {
            putc(*c, file);
        }
    }
    putc('"', file);
}

void htmljson_member(FILE *file, const char *name, const char *text)
{
    fprintf(file, "\"%s\":", name);
    htmljson_string(file, text);
}

void htmljson_column(FILE *file, const char *name, size_t count, htmljson_number *get,
                     const void *context)
{
    fprintf(file, "\"%s\":[", name);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "%s%" PRIu64, i ? "," : "", get(context, i));
    putc(']', file);
}
