/*
 * allowlist.h - the system calls that a filter lets through: those of a run, and those that are
 * added to them, by ABI and name.
 */
#ifndef SYSTRACE_ALLOWLIST_H
#define SYSTRACE_ALLOWLIST_H

#include <stdbool.h>
#include <stddef.h>
#include "record/run.h"
#include "report/callers.h"

/* Why a call is in it; of several reasons the first. */
enum allowed_why { ALLOWED_SEEN, ALLOWED_START, ALLOWED_VARIANT, ALLOWED_WHYS };

struct allowed {
    char name[SYSCALL_NAME_MAX]; /* "syscall_470" of one without a name */
    enum allowed_why why;
    enum abi abi;
    bool named;
    uint32_t nr; /* if it has no name */
};

/* All 0 is an empty one. */
struct allowlist {
    struct allowed *calls; /* each (ABI, name) once; by name, why and ABI once sorted */
    size_t count;
};

void allowlist_deinit(struct allowlist *list);

/* The calls that are counted in the run. -ENOMEM, as all here. */
int allowlist_add_run(struct allowlist *list, const struct run *run);

/* The call with this number. */
int allowlist_add(struct allowlist *list, enum abi abi, uint32_t nr, enum allowed_why why);

/* For a start: those of its phase "load" and its first execve, whoever asked; and those that every
 * start needs (starts.h), in x86_64, of which the launcher is, and in each ABI of the run. */
int allowlist_add_start(struct allowlist *list, struct run *run, const struct callers *callers,
                        bool launcher);

/* The variants (variants.h) of all that are in it so far, one step. */
int allowlist_add_variants(struct allowlist *list);

void allowlist_sort(struct allowlist *list);

bool allowlist_has_abi(const struct allowlist *list, enum abi abi);

/* Is the call with this number the first of its name, in a sorted list? */
bool allowlist_is_first(const struct allowlist *list, size_t number);

/* How many of this ABI (ABI_COUNT: names of any), for this reason (ALLOWED_WHYS: any), in a sorted
 * list. */
size_t allowlist_count(const struct allowlist *list, enum abi abi, enum allowed_why why);

#endif
