/* width.c - names in a given width. */
#include "width.h"

#include <stddef.h>

/* Length in bytes of the UTF-8 character at `text`, which escape() made valid. */
static size_t character_length(const char *text)
{
    unsigned char first = (unsigned char)*text;
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Columns on a terminal, rather too many than too few: from U+1000 on, where the wide scripts are,
 * two. */
static int character_width(const char *text)
{
    return character_length(text) < 3 || (unsigned char)*text == 0xe0 ? 1 : 2;
}

int width_of(const char *text)
{
    int width = 0;
    for (; *text; text += character_length(text))
        width += character_width(text);
    return width;
}

/* Bytes of the longest beginning that fits. */
static size_t fitting_head(const char *text, int width)
{
    size_t length = 0;
    while (text[length] && (width -= character_width(text + length)) >= 0)
        length += character_length(text + length);
    return length;
}

/* The longest end that fits. */
static const char *fitting_tail(const char *text, int width)
{
    for (int all = width_of(text); all > width; text += character_length(text))
        all -= character_width(text);
    return text;
}

void width_print(FILE *file, const char *text, int width)
{
    if (width_of(text) <= width) {
        fputs(text, file);
        return;
    }
    int head = (width - 3 + 1) / 2;
    fprintf(file, "%.*s...%s", (int)fitting_head(text, head), text,
            fitting_tail(text, width - 3 - head));
}
