/*
 * site.h - what is known of the code at one address of a process: found once, and kept with the map
 * (struct site, space.h).
 */
#ifndef SYSTRACE_SITE_H
#define SYSTRACE_SITE_H

#include "symbolizer/unwind/space.h"

/* What is known of an address; NULL if it lies in no executable mapping, its image is being
 * fetched, or there is no memory. Valid as long as the space's present code is (code_ref). The
 * target is asked whether [anon] has the code that a file had there before. */
struct site *site_find(struct space *space, const struct target *target, uint64_t address);

/* The same if it was asked for before; else NULL. */
struct site *site_known(const struct space *space, uint64_t address);

/* Why there is no site of an address in an executable mapping: -EINPROGRESS, if its image is being
 * fetched, else -ENOMEM. 0: it is in none. */
int site_failure(const struct space *space, uint64_t address);

#endif
