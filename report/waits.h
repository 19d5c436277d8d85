/* waits.h - which system calls may wait for something to happen, so that a program which serves
 * comes back to them: for events, input, children, locks, time. */
#ifndef SYSTRACE_WAITS_H
#define SYSTRACE_WAITS_H

#include <stdbool.h>
#include "record/run.h"

/* Are the calls of this count of that kind? False too if there is no memory for the name. */
bool waits_has(const struct count *count);

#endif
