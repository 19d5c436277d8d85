/* taking.c - what is taken away in a run, as text and as options of the tracer. */
#include "taking.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "report/glob.h"

static const char letters[WAYS] = { [WAY_STUB] = 's', [WAY_FAKE] = 'f' };

char *taking_none(const struct pairs *pairs)
{
    return calloc(pairs->count + 1, 1);
}

char *taking_with(const char *set, const struct pairs *pairs, size_t pair, enum way way)
{
    char *ret = taking_none(pairs);
    size_t length = strlen(set);

    if (!ret)
        return NULL;
    memset(ret, '.', pairs->count);
    memcpy(ret, set, length);
    ret[pair] = letters[way];
    taking_trim(ret);
    return ret;
}

void taking_trim(char *set)
{
    size_t length = strlen(set);

    while (length && set[length - 1] == '.')
        set[--length] = '\0';
}

bool taking_is_single(const char *set, size_t *pair, enum way *way)
{
    size_t first = strspn(set, ".");

    if (!set[first] || set[first + 1 + strspn(set + first + 1, ".")])
        return false;
    *pair = first;
    *way = set[first] == letters[WAY_STUB] ? WAY_STUB : WAY_FAKE;
    return true;
}

/* One option for all calls of a library in one way, which are crossed out in `left`. */
static char *make_option(char *left, size_t length, size_t first, const struct pairs *pairs)
{
    static const char *const abis[] = { [ABI_X86_64] = "64", [ABI_I386] = "32", [ABI_X32] = "x32" };
    const char letter = left[first], *library = pairs->all[first].library;
    char *glob = *library ? glob_quote(library) : strdup("*"), *text = NULL;
    const char *comma = "";
    size_t size;
    FILE *file = glob ? open_memstream(&text, &size) : NULL;

    if (file)
        fprintf(file, "--inject=%s:", glob);
    for (size_t i = first; file && i < length; i++) {
        const struct pair *pair = &pairs->all[i];
        if (left[i] != letter || strcmp(pair->library, library) != 0)
            continue;
        fprintf(file, "%s%" PRIu32 "@%s", comma, pair->nr, abis[pair->abi]);
        left[i] = '.';
        comma = ",";
    }
    if (file)
        fputs(letter == letters[WAY_STUB] ? ":error=ENOSYS" : ":retval=0", file);
    free(glob);
    if (file && !fclose(file))
        return text;
    free(text);
    return NULL;
}

char **taking_options(const char *set, const struct pairs *pairs, char *const *given)
{
    char *left = strdup(set), **ret = NULL;
    size_t length = strlen(set), count = 0, known = 0;
    bool failed = !left;

    while (given[known])
        known++;
    failed = failed || !(ret = calloc(known + length + 1, sizeof(*ret)));
    for (; !failed && count < known; count++)
        failed = !(ret[count] = strdup(given[count]));
    for (size_t i = 0; !failed && i < length; i++)
        if (left[i] != '.')
            failed = !(ret[count++] = make_option(left, length, i, pairs));
    free(left);
    if (!failed)
        return ret;
    taking_free(ret);
    return NULL;
}

void taking_free(char **options)
{
    for (char **option = options; option && *option; option++)
        free(*option);
    free(options);
}
