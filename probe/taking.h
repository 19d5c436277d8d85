/*
 * taking.h - sets of pairs that are taken away in one run, as text: a letter for each pair, in
 * their order, 's' for WAY_STUB, 'f' for WAY_FAKE and '.' for neither; without dots at its end.
 */
#ifndef SYSTRACE_TAKING_H
#define SYSTRACE_TAKING_H

#include "probe/pairs.h"

/* The set of none, with room for all. NULL: no memory. */
char *taking_none(const struct pairs *pairs);

/* A copy with this pair in it besides, of those that taking_none() made room for. */
char *taking_with(const char *set, const struct pairs *pairs, size_t pair, enum way way);

/* Cuts off the dots at the end. */
void taking_trim(char *set);

/* If it is of one pair: which, and how; else false. */
bool taking_is_single(const char *set, size_t *pair, enum way *way);

/* The set as options of the tracer (--inject), behind those given: a NULL-terminated list, to be
 * freed by taking_free(). NULL: no memory. */
char **taking_options(const char *set, const struct pairs *pairs, char *const *given);
void taking_free(char **options);

#endif
