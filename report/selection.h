/*
 * selection.h - leaves in a run only the calls that a query's filters let through.
 */
#ifndef SYSTRACE_SELECTION_H
#define SYSTRACE_SELECTION_H

#include "report/keys.h"
#include "report/query.h"

/*
 * Takes all other counts out of the run; stacks, symbols and what is recorded once for each
 * execution stay, so that it is no run to be written any more. `say` is told, in a line, of each
 * glob of a filter that matches nothing, with what there is. -ENOMEM.
 */
int selection_apply(struct run *run, struct keys *keys, const struct query *query,
                    void (*say)(const char *line));

/* Tells `say` of the globs of groups that no library matches. -ENOMEM. */
int selection_check_groups(struct keys *keys, const struct library_groups *groups,
                           void (*say)(const char *line));

#endif
