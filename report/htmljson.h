/*
 * htmljson.h - JSON that stands in a <script> element of a page: what HTML could take for the end
 * of it, or for markup, is escaped, as are the line ends that JSON allows and older scripts do not.
 */
#ifndef SYSTRACE_HTMLJSON_H
#define SYSTRACE_HTMLJSON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A string, of UTF-8 (escape.h). */
void htmljson_string(FILE *file, const char *text);

/* `"name":` and a string. */
void htmljson_member(FILE *file, const char *name, const char *text);

/* `"name":` and a list: one number for each of 0 .. count - 1. */
typedef uint64_t htmljson_number(const void *context, size_t number);
void htmljson_column(FILE *file, const char *name, size_t count, htmljson_number *get,
                     const void *context);

#endif
