/*
 * keys.h - by what calls can be grouped and selected: one table of keys. The value of a key for a
 * call is a text (escape.h), "" where there is none; of what may be several at once (the classes of
 * a system call) all of them, joined by "+", so that each call has one value and no sum counts it
 * twice.
 *
 * To add one: its row in keys.c, and the function there that makes the text.
 */
#ifndef SYSTRACE_KEYS_H
#define SYSTRACE_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "report/callers.h"
#include "report/needs.h"
#include "report/values.h"

/* Libraries taken together: those that one of the globs matches (fnmatch(3)). */
struct library_group {
    const char *name;
    char **globs; /* NULL-terminated */
};

struct library_groups {
    struct library_group *groups; /* the first that matches a library has it */
    size_t count;
    char **serving; /* beside them: the user's phases of service (needs.h) */
};

/* What a key is a function of. */
enum key_domain {
    KEY_OF_PROGRAM,
    KEY_OF_EXECUTION,
    KEY_OF_PHASE,
    KEY_OF_LIBRARY, /* of the caller; but also of the issuer and of all on the stack (cube.h) */
    KEY_OF_STACK,
    KEY_OF_SYSCALL,
    KEY_OF_PAIR, /* the caller and the system call: of all calls that have both */
    KEY_DOMAINS
};

struct keys;

struct key {
    const char *name;
    const char *about; /* for the help */
    enum key_domain domain;
    bool several; /* a value may be several, joined by "+" */
    /* The text of one element of the domain, to be freed; NULL: no memory. */
    char *(*describe)(struct keys *keys, uint64_t number);
};

extern const struct key keys_all[];
extern const size_t keys_count;

/* The number of the key, or -1. */
int key_parse(const char *name);

/* For messages: all names, separated by ", ". To be freed; NULL: no memory. */
char *key_names(void);

/* The values of all keys in one run. */
struct keys {
    struct run *run;                     /* borrowed, as the others */
    const struct callers *callers;       /* knows all stacks that have calls */
    const struct library_groups *groups; /* may be NULL */
    const char *const *module_names;     /* what libraries are called, by module, in place of their
                                            files' names; NULL, or set after keys_init() */
    struct values values;
    uint32_t **known;            /* private: by key and number, value + 1; NULL: none is */
    uint64_t sizes[KEY_DOMAINS]; /* private: of the domains */
    struct needs needs;          /* private: when first asked for; else empty */
};

/* -ENOMEM: there is nothing to deinit. */
int keys_init(struct keys *keys, struct run *run, const struct callers *callers,
              const struct library_groups *groups);
void keys_deinit(struct keys *keys);

/* The value, as a number of keys.values, that the key has for calls of this count (of the caller,
 * where it is of a library); and for a library, by the index in callers.libraries. -ENOMEM. */
int64_t keys_of_count(struct keys *keys, int key, const struct count *count);
int64_t keys_of_library(struct keys *keys, int key, uint32_t library);

/* The function that a key's value is the name of, for calls of this count; false: of another key,
 * or there is none. */
bool keys_function(const struct keys *keys, int key, const struct count *count,
                   struct caller_function *ret);

/* The raw name of a function (callers.h), of the inlined or the frame's, or "module+0x1234" where
 * it has none. To be freed; NULL: no memory. */
char *keys_function_name(struct keys *keys, struct caller_function function);

#endif
