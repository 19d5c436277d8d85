/* reader.c - values from JSON, checked one by one. */
#include "reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"

int refuse(struct reader *reader, const char *format, ...)
{
    struct runfile_error *error = reader->error;
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    char *printable = escape(text);
    if (reader->section)
        snprintf(error->text, sizeof(error->text), "%s[%zu]: %.400s", reader->section, reader->row,
                 printable ? printable : "");
    else
        snprintf(error->text, sizeof(error->text), "%.400s", printable ? printable : "");
    free(printable);
    return -EINVAL;
}

int read_members(struct reader *reader, const json_t *value, const char *what,
                 const char *const *names, size_t count)
{
    const char *name;
    json_t *member;

    if (!json_is_object(value))
        return refuse(reader, "%s is no object", what);
    for (size_t i = 0; i < count; i++)
        if (!json_object_get(value, names[i]))
            return refuse(reader, "%s lacks '%s'", what, names[i]);
    json_object_foreach((json_t *)value, name, member)
    {
        size_t i = 0;
        while (i < count && strcmp(names[i], name))
            i++;
        if (i == count)
            return refuse(reader, "%s has '%.100s', which this format does not know", what, name);
    }
    return 0;
}

int read_row(struct reader *reader, const json_t *value, size_t count)
{
    if (!json_is_array(value) || json_array_size(value) != count)
        return refuse(reader, "the row is no array of %zu elements", count);
    return 0;
}

int read_number(struct reader *reader, const json_t *value, const char *what, uint64_t most,
                uint64_t *ret)
{
    if (!json_is_integer(value))
        return refuse(reader, "%s is no whole number", what);
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number > most)
        return refuse(reader, "%s is %" JSON_INTEGER_FORMAT ", not from 0 to %" PRIu64, what,
                      number, most);
    *ret = (uint64_t)number;
    return 0;
}

int read_index(struct reader *reader, const json_t *value, const char *what, size_t count,
               uint32_t *ret)
{
    uint64_t number = 0;

    if (!count)
        return refuse(reader, "%s is a number in an empty list", what);
    int error = read_number(reader, value, what, count - 1, &number);
    if (!error)
        *ret = (uint32_t)number;
    return error;
}

int read_boolean_of(struct reader *reader, const json_t *object, const char *name, bool *ret)
{
    const json_t *value = json_object_get(object, name);

    if (!json_is_boolean(value))
        return refuse(reader, "%s is neither true nor false", name);
    *ret = json_is_true(value);
    return 0;
}

int read_text(struct reader *reader, const json_t *value, const char *what, char **ret)
{
    const char *text = json_string_value(value);
    if (!text)
        return refuse(reader, "%s is no string", what);
    int error = unescape(text, ret);
    if (error == -EINVAL)
        return refuse(reader, "%s has a wrong escape", what);
    if (error)
        return error;

    char *again = escape(*ret);
    if (again && !strcmp(again, text)) {
        free(again);
        return 0;
    }
    error =
        again ? refuse(reader, "%s has a character that must be escaped, or needs no escape", what)
              : -ENOMEM;
    free(again);
    free(*ret);
    *ret = NULL;
    return error;
}

int read_text_of(struct reader *reader, const json_t *object, const char *name, char **ret)
{
    return read_text(reader, json_object_get(object, name), name, ret);
}

int read_number_of(struct reader *reader, const json_t *object, const char *name, uint64_t most,
                   uint64_t *ret)
{
    return read_number(reader, json_object_get(object, name), name, most, ret);
}

int check_new(struct reader *reader, int64_t number)
{
    if (number < 0)
        return (int)number;
    if ((size_t)number != reader->row)
        return refuse(reader, "the row is that of %s[%" PRId64 "]", reader->section, number);
    return 0;
}
