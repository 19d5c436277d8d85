/*
 * remote.h - system calls that a tracee makes for us, in the stop at the entry of one of its own,
 * which it makes after them. Its signals wait meanwhile; that its process is stopped or continued
 * does not keep it from them.
 *
 * They come to an end early only if the tracee is gone, or faults. A failure of ours, which would
 * leave it in the midst of them, is one after which there is no going on (request.h).
 */
#ifndef SYSTRACE_REMOTE_H
#define SYSTRACE_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { REMOTE_REGISTERS = 32 };

struct remote {
    pid_t tid;
    uint64_t registers[REMOTE_REGISTERS]; /* as they were, in the kernel's form */
    uint64_t mask;                        /* of signals; so was this */
    unsigned calls;                       /* that it has made */
    bool interrupted; /* stops of its process were passed over: it is to be interrupted once more */
    bool stopped;     /* in a stop of ours; else: */
    int status;       /* another stop came, or its end, as from waitpid(2); 0: it is gone */
};

/* At a stop by our filter, of a call by the instruction of 64-bit code; no other thread of the
 * process may be in execve, for that could take over the tid. False: the tracee is gone. */
bool remote_begin(struct remote *remote, pid_t tid);

/* One call. False: none is possible any more. */
bool remote_call(struct remote *remote, long nr, const uint64_t args[static 6], int64_t *ret);

/* It is to make its own call now, which will stop. If remote->status is that of a stop by then, it
 * is in that, before it has made it. */
void remote_end(struct remote *remote);

/* Reads or writes any memory of a stopped tracee, whatever its protection. False: it cannot be. */
bool remote_read(pid_t tid, uint64_t address, void *buffer, size_t size);
bool remote_write(pid_t tid, uint64_t address, const void *bytes, size_t size);

#endif
