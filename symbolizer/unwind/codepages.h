/*
 * codepages.h - pages of code as they were read from memory. What is asked of code is a few bytes
 * at a time, much of it near what was asked before; a read of a page costs no more than one of a
 * few bytes. Kept for whoever knows that the page stays as it is.
 */
#ifndef SYSTRACE_CODEPAGES_H
#define SYSTRACE_CODEPAGES_H

#include <stddef.h>
#include <stdint.h>
#include "symbolizer/image/target.h"

enum { CODE_PAGE = 4096, CODE_PAGES = 64 };

struct codepages {
    uint64_t owners; /* that have a number */
    struct codepage {
        uint64_t owner; /* 0: there is no page */
        uint64_t address;
    } pages[CODE_PAGES]; /* by the address: two pages with the same place displace each other */
    uint8_t (*bytes)[CODE_PAGE];
};

/* 0 or -ENOMEM. */
int codepages_init(struct codepages *pages);
void codepages_deinit(struct codepages *pages);

/*
 * Reads all of `size` bytes of code. Pages are kept for `*owner`, which gets a number of its own if
 * it is 0 still: whoever has it vouches that no page that it has read from has changed since. 0 or
 * a negative errno.
 */
int codepages_read(struct codepages *pages, uint64_t *owner, const struct target *target,
                   uint64_t address, void *buffer, size_t size);

#endif
