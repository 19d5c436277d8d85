/* codepages.c - keeps pages of code, each in the one place that its address gives it. */
#include "codepages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int codepages_init(struct codepages *pages)
{
    *pages = (struct codepages){ .bytes = aligned_alloc(CODE_PAGE, CODE_PAGES * CODE_PAGE) };
    return pages->bytes ? 0 : -ENOMEM;
}

void codepages_deinit(struct codepages *pages)
{
    free(pages->bytes);
}

/* The page at this address, NULL if not all of it can be read. */
static const uint8_t *find_page(struct codepages *pages, uint64_t owner,
                                const struct target *target, uint64_t address)
{
    size_t place = address / CODE_PAGE % CODE_PAGES;
    struct codepage *page = &pages->pages[place];

    if (page->owner == owner && page->address == address)
        return pages->bytes[place];
    *page = (struct codepage){ 0, 0 };
    if (target->read(target->context, address, pages->bytes[place], CODE_PAGE) != CODE_PAGE)
        return NULL;
    *page = (struct codepage){ owner, address };
    return pages->bytes[place];
}

int codepages_read(struct codepages *pages, uint64_t *owner, const struct target *target,
                   uint64_t address, void *buffer, size_t size)
{
    size_t at = address % CODE_PAGE;
    const uint8_t *page = NULL;

    if (!*owner)
        *owner = ++pages->owners;
    if (at + size <= CODE_PAGE)
        page = find_page(pages, *owner, target, address - at);
    if (page) {
        memcpy(buffer, page + at, size);
        return 0;
    }
    return target_read_all(target, address, buffer, size);
}
