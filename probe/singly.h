/*
 * singly.h - each pair by itself, in each way.
 */
#ifndef SYSTRACE_SINGLY_H
#define SYSTRACE_SINGLY_H

#include "probe/probing.h"

/* Makes the runs that are missing, side by side if they may be; says before how many there are. 0,
 * or an error as probing_begin(). */
int singly_try(struct probing *probing);

#endif
