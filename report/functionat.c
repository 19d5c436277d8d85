/* functionat.c - takes the text apart, and compares by where the two functions start. */
#include "functionat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/escape.h"
#include "report/glob.h"

struct place functionat_start(struct run *run, const struct frame *frame)
{
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);
    const struct extent *extent =
        symbol ? NULL : run_find_extent(run, frame->module, frame->offset);

    return (struct place){ frame->module, symbol   ? symbol->offset
                                          : extent ? extent->start.offset
                                                   : frame->offset };
}

/* Where "+0xOFFSET" begins, at the end of the text, or NULL. */
static const char *find_offset(const char *text, uint64_t *ret)
{
    const char *plus = strrchr(text, '+');
    char *end;

    if (!plus || plus == text || strncmp(plus, "+0x", 3) || !plus[3] ||
        plus[3 + strspn(plus + 3, "0123456789abcdefABCDEF")])
        return NULL;
    errno = 0;
    *ret = strtoull(plus + 1, &end, 16);
    return errno ? NULL : plus;
}

static bool module_matches(const char *text, const char *end, const char *module)
{
    char *glob = strndup(text, (size_t)(end - text)), *name = escape(module);
    bool ret = glob && name && glob_matches(glob, name);

    free(glob);
    free(name);
    return ret;
}

bool functionat_matches(struct run *run, const char *text, const struct frame *frame)
{
    uint64_t offset = 0;
    const char *plus = find_offset(text, &offset);

    if (!plus)
        return false;
    struct place here = functionat_start(run, frame),
                 there = functionat_start(
                     run, &(struct frame){ .module = frame->module, .offset = offset });
    return !place_compare(&here, &there) &&
           module_matches(text, plus, run->modules[frame->module].name);
}
