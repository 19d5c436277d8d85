/*
 * procfs.h - what the kernel says of a thread in the files of /proc/TID.
 */
#ifndef SYSTRACE_PROCFS_H
#define SYSTRACE_PROCFS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A descriptor on a file of /proc/TID; negative errno. */
int procfs_open(pid_t tid, const char *name);

/* All that is left of a file, as a text, to be freed by the caller. 0 or a negative errno. */
int procfs_read_all(int fd, char **ret);

/* The text of such a file, to be freed by the caller. 0 or a negative errno. */
int procfs_read_text(pid_t tid, const char *name, char **ret);

/* The path of the program that a process runs, without " (deleted)"; the caller frees it. NULL: not
 * known. */
char *procfs_program(pid_t tid);

/* The path by which it was executed, as the kernel was told (AT_EXECFN); of a script, that of its
 * interpreter as the script has it. No file system is asked. False: not known, or a link of procfs
 * or descriptor that is no name. (It needs no memory: without, the name would be another.) */
bool procfs_executed(pid_t tid, char ret[static PATH_MAX]);

/* May this descriptor of the process lead into a procfs? */
bool procfs_leads_here(pid_t tid, uint64_t fd);

/* The state letter of a thread (proc(5)) and the kernel's PF_ flags; false if it is gone. */
bool procfs_stat(pid_t tid, char *state, unsigned *flags);

/* The state letter alone; '\0' if the thread is gone. */
char procfs_state(pid_t tid);

/* A field of /proc/TID/status as a number ("Tgid", "TracerPid"); -1 if it cannot be read. */
long procfs_status(pid_t tid, const char *field);

/* Has the process of this thread a handler for the signal? False if it is gone. */
bool procfs_catches(pid_t tid, int signal);

/* Does the process ignore it? False if it is gone. */
bool procfs_ignores(pid_t tid, int signal);

/* Does the thread block it? False if it is gone. */
bool procfs_blocks(pid_t tid, int signal);

/* Where a thread is, of which it is known: it is not running. False: it is running or gone. */
bool procfs_waits_at(pid_t tid, uint64_t *pc);

/* When a process began, in nanoseconds since boot; negative if it is gone. */
int64_t procfs_start(pid_t pid);

/* The number of a process in its own pid namespace; negative if it is gone. */
long procfs_inner_pid(pid_t pid);

#endif
