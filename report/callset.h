/*
 * callset.h - sets of system calls, of each ABI by itself, as users write them: in strace's words
 * (strace(1), -e trace), or a name at a time.
 */
#ifndef SYSTRACE_CALLSET_H
#define SYSTRACE_CALLSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/syscalls.h"

enum { CALLSET_NUMBERS = 1024, CALLSET_ERROR_MAX = 256 };

/* Zeroed, it is empty. */
struct callset {
    uint64_t bits[ABI_COUNT][CALLSET_NUMBERS / 64];
    bool beyond; /* the numbers from CALLSET_NUMBERS on, which no call has: all or none */
};

static inline bool callset_has(const struct callset *set, enum abi abi, uint32_t nr)
{
    return nr < CALLSET_NUMBERS ? set->bits[abi][nr / 64] >> nr % 64 & 1 : set->beyond;
}

/*
 * Adds a call of x86-64, as tables have its name ("openat", "syscall_470"), or of another ABI
 * ("i386:open"). A number that no call has is all such numbers. False: there is no such name.
 */
bool callset_add_name(struct callset *set, const char *name);

/*
 * Makes the set of a list between commas: names of calls of all ABIs, or of one (open@32; @64,
 * @x32), numbers, %classes, /regular expressions, `all`, `none`; "?" before a name that need not
 * exist, "!" before the list: all but these. 0; -EINVAL, with what is wrong in a line; -ENOMEM.
 */
int callset_parse(struct callset *ret, const char *text, char error[static CALLSET_ERROR_MAX]);

#endif
