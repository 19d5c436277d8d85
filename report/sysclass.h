/*
 * sysclass.h - the classes that strace(1) has of system calls (%file, %network ...), by their
 * names. The table sysclasses.c is made by list-classes of strace itself.
 */
#ifndef SYSTRACE_SYSCLASS_H
#define SYSTRACE_SYSCLASS_H

#include <stddef.h>

struct sysclass {
    const char *syscall;
    const char *classes; /* all that it is in, in order: "desc+file" */
};

extern const struct sysclass sysclasses[]; /* in the bytewise order of the names */
extern const size_t sysclass_count;

/* "desc+file"; "none" of a system call that is in no class, "unknown" of a number without a name.
 */
const char *sysclass_of(const char *syscall);

#endif
