/* escape.c - raw bytes as printable UTF-8 text and back. */
#include "escape.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

/* The well-formed UTF-8 sequences (Unicode, table 3-7) by first byte: length and range of the
 * second. */
static const struct {
    unsigned char first, last, length, low, high;
} sequences[] = {
    { 0xc2, 0xc2, 2, 0xa0, 0xbf }, /* without U+0080 to U+009F, the C1 control characters */
    { 0xc3, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf },
    { 0xe1, 0xec, 3, 0x80, 0xbf }, { 0xed, 0xed, 3, 0x80, 0x9f }, /* without surrogates */
    { 0xee, 0xef, 3, 0x80, 0xbf }, { 0xf0, 0xf0, 4, 0x90, 0xbf },
    { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
};

/* The length of the character at `raw` if it stands for itself, else 0. */
static size_t plain_length(const unsigned char *raw)
{
    if (*raw < 0x80)
        return *raw >= 0x20 && *raw != 0x7f && *raw != '\\';
    for (size_t i = 0; i < sizeof(sequences) / sizeof(*sequences); i++) {
        if (*raw < sequences[i].first || *raw > sequences[i].last)
            continue;
        if (raw[1] < sequences[i].low || raw[1] > sequences[i].high)
            return 0;
        for (size_t j = 2; j < sequences[i].length; j++)
            if (raw[j] < 0x80 || raw[j] > 0xbf)
                return 0;
        return sequences[i].length;
    }
    return 0;
}

static char *escape_byte(char *text, unsigned char byte)
{
    *text++ = '\\';
    if (byte == '\\') {
        *text++ = '\\';
    } else {
        *text++ = 'x';
        *text++ = digits[byte >> 4];
        *text++ = digits[byte & 15];
    }
    return text;
}

char *escape(const char *raw)
{
    const unsigned char *from = (const unsigned char *)raw;
    char *text = calloc(strlen(raw) + 1, 4);
    char *to = text;

    while (text && *from) {
        size_t length = plain_length(from);
        if (length)
            to = mempcpy(to, from, length);
        else
            to = escape_byte(to, *from);
        from += length ? length : 1;
    }
    return text;
}

bool is_printable(const char *text)
{
    while (*text) {
        size_t length = *text == '\\' ? 1 : plain_length((const unsigned char *)text);
        if (!length)
            return false;
        text += length;
    }
    return true;
}

static int digit_value(char digit)
{
    const char *found = digit ? strchr(digits, digit) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* The byte that the escape at `text` stands for, and its length in text; -1 if it is none. */
static int parse_escape(const char *text, size_t *length)
{
    if (text[1] == '\\') {
        *length = 2;
        return '\\';
    }
    if (text[1] != 'x')
        return -1;
    int high = digit_value(text[2]);
    int low = high < 0 ? -1 : digit_value(text[3]);
    *length = 4;
    return low < 0 || !(high | low) ? -1 : high << 4 | low;
}

int unescape(const char *text, char **ret)
{
    char *raw = malloc(strlen(text) + 1);
    char *to = raw;

    if (!raw)
        return -ENOMEM;
    while (*text) {
        size_t length = 1;
        int byte = *text == '\\' ? parse_escape(text, &length) : *text;
        if (*text == '\\' && byte < 0) {
            free(raw);
            return -EINVAL;
        }
        *to++ = (char)byte;
        text += length;
    }
    *to = '\0';
    *ret = raw;
    return 0;
}
