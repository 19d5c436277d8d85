/* callset.c - parses sets of system calls. */
#include "callset.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/sysclass.h"

static void add(struct callset *set, enum abi abi, uint32_t nr)
{
    set->bits[abi][nr / 64] |= UINT64_C(1) << nr % 64;
}

/* Adds the call of this name, if the ABI has it. */
static bool add_of_abi(struct callset *set, enum abi abi, const char *name)
{
    int64_t nr = syscall_number(abi, name);

    if (nr < 0 || nr >= CALLSET_NUMBERS)
        return false;
    add(set, abi, (uint32_t)nr);
    return true;
}

/* The ABI that is before a name, with ':' between, which is left out then. */
static enum abi take_abi(const char **name)
{
    for (int abi = 0; abi < ABI_COUNT; abi++) {
        size_t length = strlen(abi_name((enum abi)abi));
        if (strncmp(*name, abi_name((enum abi)abi), length) || (*name)[length] != ':')
            continue;
        *name += length + 1;
        return (enum abi)abi;
    }
    return ABI_X86_64;
}

bool callset_add_name(struct callset *set, const char *name)
{
    const enum abi abi = take_abi(&name);
    const bool beyond = syscall_number(abi, name) >= CALLSET_NUMBERS;

    set->beyond |= beyond;
    return beyond || add_of_abi(set, abi, name);
}

__attribute__((format(printf, 2, 3))) static int fail(char error[static CALLSET_ERROR_MAX],
                                                      const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(error, CALLSET_ERROR_MAX, format, args);
    va_end(args);
    return -EINVAL;
}

/* Is the call one of those that are meant? */
typedef bool means_fn(const void *what, const char *name);

/* Adds the calls with a name that are meant. True: there are some. */
static bool add_meant(struct callset *set, means_fn *means, const void *what)
{
    char buffer[SYSCALL_NAME_MAX];
    bool found = false;

    for (int abi = 0; abi < ABI_COUNT; abi++) {
        for (uint32_t nr = 0; nr < CALLSET_NUMBERS; nr++) {
            const char *name = syscall_name((enum abi)abi, nr, buffer);
            if (!name || !syscall_is_named(name) || !means(what, name))
                continue;
            add(set, (enum abi)abi, nr);
            found = true;
        }
    }
    return found;
}

static bool is_of_class(const void *what, const char *name)
{
    const char *class = what, *classes = sysclass_of(name);
    size_t length = strlen(class);

    for (const char *next = classes; next; next = strchr(next, '+') ? strchr(next, '+') + 1 : NULL)
        if (!strncmp(next, class, length) && (!next[length] || next[length] == '+'))
            return true;
    return false;
}

static bool is_matched(const void *what, const char *name)
{
    return !regexec(what, name, 0, NULL, 0);
}

static int add_regex(struct callset *set, const char *text, char error[static CALLSET_ERROR_MAX])
{
    regex_t regex;
    char what[128];
    int wrong = regcomp(&regex, text, REG_EXTENDED | REG_NOSUB);

    if (wrong) {
        regerror(wrong, &regex, what, sizeof(what));
        return fail(error, "'/%.60s' is no regular expression: %s", text, what);
    }
    bool found = add_meant(set, is_matched, &regex);
    regfree(&regex);
    return found ? 0 : fail(error, "no system call matches '/%.60s'", text);
}

/* strace's words for the ABIs. */
static int parse_personality(const char *text)
{
    static const char *const words[ABI_COUNT] = {
        [ABI_X86_64] = "64", [ABI_I386] = "32", [ABI_X32] = "x32"
    };

    for (int abi = 0; abi < ABI_COUNT; abi++)
        if (!strcmp(text, words[abi]))
            return abi;
    return -1;
}

/* "open", "open@32", "2". */
static int add_word(struct callset *set, char *word, char error[static CALLSET_ERROR_MAX])
{
    char *at = strchr(word, '@'), number[SYSCALL_NAME_MAX];
    bool optional = *word == '?', found = false;
    int only = at ? parse_personality(at + 1) : -1;

    if (at && only < 0)
        return fail(error, "'%.60s': behind '@' is 64, 32 or x32", word);
    if (at)
        *at = '\0';
    word += optional;
    if (isdigit((unsigned char)*word) && strlen(word) < 5) {
        snprintf(number, sizeof(number), "%u", (unsigned)strtoul(word, NULL, 10));
        for (int abi = 0; abi < ABI_COUNT && !strcmp(number, word); abi++) {
            uint32_t nr = (uint32_t)strtoul(word, NULL, 10);
            if (nr < CALLSET_NUMBERS && (only < 0 || only == abi)) {
                add(set, (enum abi)abi, nr);
                found = true;
            }
        }
    } else {
        for (int abi = 0; abi < ABI_COUNT; abi++)
            if (only < 0 || only == abi)
                found |= add_of_abi(set, (enum abi)abi, word);
    }
    return found || optional ? 0 : fail(error, "there is no system call '%.60s'", word);
}

static void invert(struct callset *set)
{
    for (int abi = 0; abi < ABI_COUNT; abi++)
        for (size_t i = 0; i < CALLSET_NUMBERS / 64; i++)
            set->bits[abi][i] = ~set->bits[abi][i];
    set->beyond = !set->beyond;
}

static int add_part(struct callset *set, char *part, char error[static CALLSET_ERROR_MAX])
{
    if (!strcmp(part, "all")) {
        *set = (struct callset){ 0 };
        invert(set);
        return 0;
    }
    if (!strcmp(part, "none"))
        return 0;
    if (*part == '%')
        return add_meant(set, is_of_class, part + 1)
                   ? 0
                   : fail(error, "there is no class of system calls '%.60s'", part);
    return *part == '/' ? add_regex(set, part + 1, error) : add_word(set, part, error);
}

int callset_parse(struct callset *ret, const char *text, char error[static CALLSET_ERROR_MAX])
{
    bool negated = *text == '!';
    char *copy = strdup(text + negated), *rest = copy, *part;
    int result = copy ? 0 : -ENOMEM;
    struct callset set = { 0 };

    while (!result && (part = strsep(&rest, ",")))
        result = *part ? add_part(&set, part, error) : fail(error, "a system call has no name");
    free(copy);
    if (result)
        return result;
    if (negated)
        invert(&set);
    *ret = set;
    return 0;
}
