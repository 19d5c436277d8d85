/* rowstep.h - steps outwards by rows (symbolizer/image/row.h). */
#ifndef SYSTRACE_ROWSTEP_H
#define SYSTRACE_ROWSTEP_H

#include "symbolizer/unwind/unwinder.h"

/* Steps outwards by a row. */
enum step step_by_row(struct unwinder *unwinder, const struct row *row, struct position *at);

/* Steps outwards by the row of the site. */
enum step unwinder_step(struct unwinder *unwinder, const struct site *site, struct position *at);

#endif
