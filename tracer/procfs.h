/*
 * procfs.h - the traced process as the symbolizer sees it (symbolizer/image/target.h): memory by
 * process_vm_readv(2), or /proc/TID/mem if it makes many calls; maps and files by /proc/TID; where
 * TID is the stopped thread itself (the leader may have exited, and its /proc files are empty
 * then).
 */
#ifndef SYSTRACE_PROCFS_H
#define SYSTRACE_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "symbolizer/image/target.h"

struct jit;
struct readahead;
struct served;
struct tracee;

/* The context of a target. */
struct procfs {
    const struct tracee *tracee;
    struct served *served;
    struct readahead *ahead; /* NULL: nothing is read ahead; else of the walk that has begun */
    struct jit *jit;         /* NULL: code made at run time has no names (jit.h) */
};

/* A target of this context, which must outlive it. */
struct target procfs_target(const struct procfs *procfs);

/* A descriptor on a file of /proc/TID; negative errno. */
int procfs_open(pid_t tid, const char *name);

/* The text of such a file, to be freed by the caller. 0 or a negative errno. */
int procfs_read_text(pid_t tid, const char *name, char **ret);

/*
 * Before a call after which the kernel may refuse us the memory and the map of the process
 * (prctl(PR_SET_DUMPABLE, 0), setuid(2)): what is open by then can still be read. Kept with the
 * address space.
 */
void procfs_keep_open(const struct tracee *tracee);

/* The path of the program that a process runs, without " (deleted)"; the caller frees it. NULL: not
 * known. */
char *procfs_program(pid_t tid);

/* The path by which it was executed, as the kernel was told (AT_EXECFN); of a script, that of its
 * interpreter as the script has it. No file system is asked. The caller frees it. NULL: not known,
 * or a link of procfs or descriptor that is no name. */
char *procfs_executed(pid_t tid);

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

/* When a process began, in nanoseconds since boot; negative if it is gone. */
int64_t procfs_start(pid_t pid);

/* The number of a process in its own pid namespace; negative if it is gone. */
long procfs_inner_pid(pid_t pid);

#endif
