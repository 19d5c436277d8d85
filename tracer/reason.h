/*
 * reason.h - why something cannot be done, and what to do about it, in one line.
 */
#ifndef SYSTRACE_REASON_H
#define SYSTRACE_REASON_H

/* Empty: it can be done. */
struct reason {
    char text[320];
};

__attribute__((format(printf, 2, 3))) void reason_set(struct reason *reason, const char *format,
                                                      ...);

/* PTRACE_GET_SYSCALL_INFO of a stopped tracee failed with errno `error`. */
void reason_of_syscall_info(int error, struct reason *ret);

/* openat2(2), by which the map of a JIT compiler is opened, failed so. */
void reason_of_openat2(int error, struct reason *ret);

#endif
