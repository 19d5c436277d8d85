/* libcode.h - code that runs wherever it is mapped: it needs nothing but itself. */
#ifndef LIBCODE_H
#define LIBCODE_H

/* Of libcode1 and libcode2 both: the system call with this number and no arguments, by the
 * instruction. */
long code_ask(long nr);

#endif
