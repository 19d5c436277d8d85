/*
 * membership.h - to which compartment each call of a run belongs: a pure function of who asked
 * (callers.h) and of what was declared (compartments.h).
 *
 * A call belongs to the compartment of its caller: so runtime libraries run in that of who called
 * them, and are neutral. If a compartment owns them, a call whose instruction is in a runtime
 * library belongs to the compartment of that, whoever asked, for then a boundary was crossed before
 * the call. The first is the table's `calls`, added up, the second its `issued`.
 *
 * Runtime libraries that no glob matches are their owner's; without one, the loader is nobody's,
 * for it works before there are compartments, and the others are in the default compartment, where
 * their own calls (of threads that begin or end) are looked for.
 */
#ifndef SYSTRACE_MEMBERSHIP_H
#define SYSTRACE_MEMBERSHIP_H

#include <stdint.h>
#include "compartments/compartments.h"
#include "report/callers.h"
#include "report/query.h"

/* In place of a compartment's index: what belongs to none, */
enum {
    MEMBER_LOADER = INT32_MAX - 2, /* for the loader itself asked */
    MEMBER_START,                  /* for it is the tracer's first execve */
    MEMBER_UNKNOWN                 /* for the caller is [unknown], or which component of a library,
                                      where a glob is of some */
};

struct membership {
    const struct compartments *compartments; /* borrowed */
    const struct callers *callers;           /* borrowed; knows all stacks that have calls */
    uint32_t *of_library;                    /* a compartment, by index in callers->libraries */
};

/* Of compartments one of which is to own the runtime libraries, though it is not said which: that
 * in which the C library is by a glob, or else a further one, "runtime". As membership_init. */
int membership_choose_owner(struct compartments *compartments, const struct callers *callers,
                            char error[static YAMLFILE_ERROR_MAX]);

/* -EINVAL: a library is in two compartments, or in none and there is no default; `error` says
 * which. -ENOMEM, likewise. Then there is nothing to deinit. */
int membership_init(struct membership *membership, const struct compartments *compartments,
                    const struct callers *callers, char error[static YAMLFILE_ERROR_MAX]);
void membership_deinit(struct membership *membership);

/* An index of compartments->all, or one of those above. */
uint32_t membership_of_stack(const struct membership *membership, uint32_t stack);

/* "libfoo.so.1" or "app//net/http" of a library of callers.h: what a glob may be to match it alone.
 * To be freed; NULL: no memory. */
char *membership_library_name(const struct callers *callers, uint32_t library);

/* Fills empty compartments with those of a run: each of the groups, then each other library by
 * itself, or, if they are `together`, all others in a default one. -EINVAL (two have one name) or
 * -ENOMEM; to be deinited in any case. */
int membership_declare(struct compartments *compartments, const struct callers *callers,
                       const struct library_groups *groups, bool together,
                       char error[static YAMLFILE_ERROR_MAX]);

/* Tells `say`, in a line, which libraries of the declaration match none of the run, if any,
 * but those of which it is said that they have no file. -ENOMEM. */
int membership_check(const struct membership *membership, void (*say)(const char *line));

#endif
