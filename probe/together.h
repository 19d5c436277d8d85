/*
 * together.h - which of the pairs that can each be done without can be done without at once: all,
 * or else a large part of them, that halving finds.
 */
#ifndef SYSTRACE_TOGETHER_H
#define SYSTRACE_TOGETHER_H

#include "probe/probing.h"

/*
 * Tries all of them, and where that fails the halves of what is left, each with all that has been
 * found to work: so no pair is left out that goes with the rest, if taking away more never helps.
 * Of each that is left out it finds one that it does not go with. Sets pair->share and so on, and
 * probing->at_once. 0, or an error as probing_begin().
 */
int together_find(struct probing *probing);

#endif
