/*
 * accept.h - files of what is known and accepted (`diff --accept`): a line has a glob for each key
 * (fnmatch(3), on the text as tables have it), and behind "#" the reason:
 *
 *     libzip.so.*  connect  # asks the licence server since 2.0
 *
 * Spaces separate; one that is part of a glob has a backslash before it, and so has whatever is
 * special to globs or here. "" is the empty text. Empty lines, and those that begin with "#", are
 * comments.
 */
#ifndef SYSTRACE_ACCEPT_H
#define SYSTRACE_ACCEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct accept_entry {
    size_t line;
    char **globs; /* one for each key, owned */
    char *reason; /* never empty, escaped (escape.h), owned */
    bool used;    /* it matched something */
};

/* Zeroed, it is empty. */
struct accepts {
    struct accept_entry *entries;
    size_t count, capacity;
    size_t key_count;
};

enum { ACCEPT_ERROR_MAX = 256 };

/* Reads a text of `size` bytes. 0; or -EINVAL or -ENOMEM, and in a line what is wrong where. Then
 * also it is to be deinited. */
int accepts_parse(struct accepts *accepts, const char *text, size_t size, size_t key_count,
                  char error[static ACCEPT_ERROR_MAX]);
void accepts_deinit(struct accepts *accepts);

/* The first entry that accepts these texts of the keys, or NULL; all that do are `used` then. */
const struct accept_entry *accepts_find(struct accepts *accepts, const char *const *texts);

/* Prints an entry that matches just these texts. */
void accept_print(FILE *file, const char *const *texts, size_t count, const char *reason);

#endif
