/* former.c - remembers where files were mapped, and compares what is there now with them. */
#include "former.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096 };

void formers_deinit(struct formers *formers)
{
    free(formers->all);
}

static bool covers(const struct former *a, const struct former *b)
{
    return a->start <= b->start && a->end >= b->end;
}

int formers_add(struct formers *formers, struct former former)
{
    size_t kept = 0;

    if (!formers->all && !(formers->all = calloc(FORMERS_MAX, sizeof(*formers->all))))
        return -ENOMEM;
    for (size_t i = 0; i < formers->count; i++) {
        if (!covers(&former, &formers->all[i]))
            formers->all[kept++] = formers->all[i];
    }
    if (kept == FORMERS_MAX)
        memmove(formers->all, formers->all + 1, --kept * sizeof(*formers->all));
    formers->all[kept] = former;
    formers->count = kept + 1;
    return 0;
}

int formers_add_all(struct formers *formers, const struct formers *others)
{
    int error = 0;

    for (size_t i = 0; i < others->count && !error; i++)
        error = formers_add(formers, others->all[i]);
    return error;
}

bool formers_overlap(const struct formers *formers, uint64_t start, uint64_t end)
{
    for (size_t i = 0; i < formers->count; i++)
        if (formers->all[i].start < end && formers->all[i].end > start)
            return true;
    return false;
}

const struct former *formers_find(const struct formers *formers, uint64_t address)
{
    for (size_t i = formers->count; i-- > 0;) {
        const struct former *former = &formers->all[i];
        if (address >= former->start && address < former->end)
            return former;
    }
    return NULL;
}

/* Are these bytes of the file in memory? */
static enum former_answer compare(const struct former *former, const struct target *target,
                                  uint64_t offset, size_t size)
{
    uint8_t file[PAGE], memory[PAGE];

    if (!image_bytes(former->image, offset, file, size) ||
        target_read_all(target, former->start + (offset - former->offset), memory, size))
        return FORMER_UNKNOWN;
    return memcmp(file, memory, size) ? FORMER_CHANGED : FORMER_KEPT;
}

/* What lies around a segment of code in its first and last page was perhaps not moved. */
enum former_answer former_compare(const struct former *former, const struct target *target,
                                  uint64_t address)
{
    uint64_t start = address & ~(uint64_t)(PAGE - 1), end = start + PAGE;
    uint64_t from = former->offset - former->start; /* from addresses to offsets */

    start = start > former->start ? start : former->start;
    end = end < former->end ? end : former->end;
    for (size_t i = 0; i < former->image->segment_count; i++) {
        const struct segment *s = &former->image->segments[i];
        uint64_t at = address + from;
        if (!s->executable || at < s->offset || at - s->offset >= s->size)
            continue;
        uint64_t first = start + from > s->offset ? start + from : s->offset;
        uint64_t last = end + from < s->offset + s->size ? end + from : s->offset + s->size;
        return compare(former, target, first, last - first);
    }
    return FORMER_UNKNOWN;
}
