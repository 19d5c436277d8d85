/*
 * meaning.h - the few system calls whose meaning the tracer must know: those that change the map of
 * an address space, make a tracee, install a seccomp filter, close memory to us or let it be served
 * by the program, or can tell or pass on a CPU affinity. Their numbers come from libseccomp.
 */
#ifndef SYSTRACE_MEANING_H
#define SYSTRACE_MEANING_H

#include <stdbool.h>
#include <stdint.h>
#include "record/syscalls.h"

enum meaning {
    CALL_OTHER,
    CALL_MMAP,     /* (address, length, prot, flags) */
    CALL_OLD_MMAP, /* i386: (struct) */
    CALL_MPROTECT, /* also pkey_mprotect: (address, length, prot) */
    CALL_MUNMAP,   /* also remap_file_pages: (address, length) */
    CALL_MREMAP,   /* (address, length, new length, flags, new address) */
    CALL_SHMAT,    /* (id, address, flags) */
    CALL_IPC,      /* i386: (operation, ...) */
    CALL_CLONE,    /* (flags, stack) */
    CALL_CLONE3,   /* (struct clone_args *, size) */
    CALL_VFORK,    /* as clone(CLONE_VM | CLONE_VFORK, 0) */
    CALL_FORK,
    CALL_READ,     /* read, pread64, readv, preadv, preadv2: (fd) */
    CALL_AFFINITY, /* sched_setaffinity, sched_getaffinity; and what reads files it does not name */
    CALL_USERFAULTFD,
    CALL_IOCTL,        /* (fd, request) */
    CALL_SECCOMP,      /* (operation) */
    CALL_SET_ID,       /* setuid and its kin */
    CALL_PRCTL,        /* (option) */
    CALL_EXIT,         /* the thread ends; nothing follows */
    CALL_EXIT_GROUP,   /* the process does */
    CALL_QUEUE_SIGNAL, /* rt_sigqueueinfo and its kin: the siginfo is the caller's */
    CALL_EXECVE,       /* also execveat: the other threads of the process end, if it succeeds */
};

enum { IOCTL_NEW_USERFAULTFD = 0xaa00 }; /* of /dev/userfaultfd: USERFAULTFD_IOC_NEW */
enum { MEANINGS_MAX = 1024 };            /* above the highest number of any ABI */

struct meanings {
    uint8_t meaning[ABI_COUNT][MEANINGS_MAX]; /* enum meaning by number */
    bool unrestarted[ABI_COUNT][MEANINGS_MAX];
};

/* A system call as it was asked for. */
struct syscall {
    enum abi abi;
    uint32_t nr; /* without x32's bit */
    enum meaning meaning;
    uint64_t args[6];
};

void meanings_init(struct meanings *meanings);

/* A call by its AUDIT_ARCH_, its number with x32's bit, and its arguments. */
struct syscall meanings_read(const struct meanings *meanings, uint32_t architecture, uint64_t nr,
                             const uint64_t args[static 6]);

enum meaning meanings_find(const struct meanings *meanings, enum abi abi, uint32_t nr);

/*
 * Is this a call that the kernel does not restart after a stop that no handler ran in, though
 * nothing has happened yet (signal(7), "Interruption of system calls by stop signals")? It fails
 * with EINTR.
 */
bool meanings_unrestarted(const struct meanings *meanings, enum abi abi, uint32_t nr);

/* What a call can do to executable mappings. */
struct map_change {
    enum {
        CHANGES_NOTHING,
        CHANGES_CODE,     /* takes away, or moves, the executable mappings in its range, if any */
        CHANGES_RANGE,    /* may make its range executable */
        CHANGES_ANYTHING, /* it cannot be told where */
    } kind;
    uint64_t start, size; /* the range; size 0: none but: */
    uint64_t result_size; /* so much memory at the address that it returns changes as well */
};

struct map_change meaning_map_change(enum meaning meaning, const uint64_t args[static 6]);

/* May this call return a descriptor by which its process can serve the pages of its own memory? */
bool meaning_makes_userfaultfd(enum meaning meaning, const uint64_t args[static 6]);

/* May the kernel refuse us the memory of the process after this call? */
bool meaning_closes_memory(enum meaning meaning, const uint64_t args[static 6]);

/* Does this call enter seccomp's strict mode, if it succeeds; and is a call allowed there? */
bool meaning_enters_strict_mode(enum meaning meaning, const uint64_t args[static 6]);
bool meaning_is_strict(enum abi abi, uint32_t nr);

/* Does this call install a seccomp filter, or enter strict mode, if it succeeds? *flags: of
 * seccomp(2); with SECCOMP_FILTER_FLAG_TSYNC it is for the whole process. */
bool meaning_installs_filter(enum meaning meaning, const uint64_t args[static 6], uint64_t *flags);

/* Did it succeed, with those flags and this result? */
bool meaning_installed_filter(uint64_t flags, int64_t result);

/* Does this call ask for the seccomp mode of its thread? */
bool meaning_asks_mode(enum meaning meaning, const uint64_t args[static 6]);

#endif
