/*
 * variants.h - system calls that are forms of one request: what one C library, or one version of
 * it, asks for by one of them, another asks for by the next. A filter that is to outlive an upgrade
 * allows them together.
 */
#ifndef SYSTRACE_VARIANTS_H
#define SYSTRACE_VARIANTS_H

#include <stddef.h>

struct variants {
    const char *source;       /* what says that they are forms of one request */
    const char *const *names; /* NULL-terminated; of all ABIs */
};

extern const struct variants variants[];
extern const size_t variants_count;

#endif
