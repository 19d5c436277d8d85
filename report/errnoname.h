/* errnoname.h - names of errors, as errno(3) has them. */
#ifndef SYSTRACE_ERRNONAME_H
#define SYSTRACE_ERRNONAME_H

enum { ERRNO_LAST = 4095 }; /* the kernel's MAX_ERRNO */

/* The number of "EPERM", or of digits, 1 to ERRNO_LAST; 0: there is none such. */
int errno_parse(const char *text);

/* "EPERM", or NULL. */
const char *errno_name(int number);

#endif
