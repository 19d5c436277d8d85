/* accept.c - fuzzes report/accept.c: any bytes as a file of what is accepted, and as names to
 * accept. */
#include "fuzz.h"

#include "record/escape.h"
#include "report/accept.h"

enum { KEYS = 2 };

/* It is refused with one line, or each entry is whole. */
static void check_parse(const char *text, size_t size)
{
    struct accepts accepts;
    char error[ACCEPT_ERROR_MAX] = "";
    int result = accepts_parse(&accepts, text, size, KEYS, error);

    CHECK(result ? *error && !strchr(error, '\n') : !*error);
    for (size_t i = 0; i < accepts.count && !result; i++) {
        CHECK(accepts.entries[i].globs[KEYS - 1] && !accepts.entries[i].globs[KEYS]);
        CHECK(*accepts.entries[i].reason && !strchr(accepts.entries[i].reason, '\n'));
    }
    accepts_deinit(&accepts);
}

/* What is printed for a name accepts it, and not the name with more behind it. */
static void check_print(const char *name)
{
    struct accepts accepts;
    char error[ACCEPT_ERROR_MAX], *text = NULL, *longer;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    CHECK(file && asprintf(&longer, "%sx", name) > 0);
    accept_print(file, (const char *const[]){ name, "read" }, KEYS, "why");
    fclose(file);
    CHECK(!accepts_parse(&accepts, text, size, KEYS, error) && accepts.count == 1);
    CHECK(accepts_find(&accepts, (const char *const[]){ name, "read" }));
    CHECK(!accepts_find(&accepts, (const char *const[]){ longer, "read" }));
    accepts_deinit(&accepts);
    free(longer);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *raw = strndup((const char *)data, size), *name = raw ? escape(raw) : NULL;

    CHECK(name);
    check_parse((const char *)data, size);
    check_print(name);
    free(raw);
    free(name);
    return 0;
}
