/*
 * target.h - all that the symbolizer asks of the traced process: its memory, its map and its files.
 * The tracer implements it over ptrace and /proc (tracer/procfs.c), tests over strings.
 */
#ifndef SYSTRACE_TARGET_H
#define SYSTRACE_TARGET_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "symbolizer/image/maps.h"
#include "symbolizer/processor/registerset.h"

struct target {
    /* Reads up to `size` bytes of memory; how many were read (fewer where an unmapped page begins),
     * or a negative errno: -EFAULT none is mapped, -EPERM refused, -ESRCH the process is gone. */
    ssize_t (*read)(void *context, uint64_t address, void *buffer, size_t size);

    /* The text of /proc/PID/maps, NUL-terminated, for the caller to free. Negative errno. */
    int (*read_maps)(void *context, char **ret);

    /* The executable mapping that holds `address`, or else the next above it; its path stays valid
     * until the next call. 1; 0: there is none; negative errno, -ENOTTY: the kernel cannot say
     * (before Linux 6.11). May be NULL. */
    int (*find_code)(void *context, uint64_t address, struct mapping *ret);

    /* Opens, for reading, the file of a mapping, whose path is `path`: only if it is still that
     * very file (inode, and device or bytes). A descriptor, -ENOENT if it cannot be found, or
     * another negative errno. */
    int (*open_mapped)(void *context, const struct mapping *mapping, const char *path);

    /* Instead of open_mapped, where that says -EREMOTE, for the file is served by a process that
     * may wait for us: a copy of the file, of now or before. -EINPROGRESS: ask again later;
     * -ENOENT. May be NULL. */
    int (*open_copy)(void *context, const struct mapping *mapping, const char *path);

    /* All registers of the thread. Negative errno. NULL: a walk has been given them all. */
    int (*read_registers)(void *context, struct registerset *ret);

    /*
     * What the program calls its code of no file at an address: *ret is the number that takes the
     * place of the address in a frame; false: nothing. And which version of these names it has now:
     * as long as that is the same, so are they; 0: none. That is asked first. Both may be NULL.
     */
    bool (*name_code)(void *context, uint64_t address, uint64_t *ret);
    uint64_t (*names_version)(void *context);

    void *context;
};

/* Reads all of `size` bytes of memory. 0 or a negative errno. */
static inline int target_read_all(const struct target *target, uint64_t address, void *buffer,
                                  size_t size)
{
    ssize_t got = target->read(target->context, address, buffer, size);
    return got < 0 ? (int)got : got == (ssize_t)size ? 0 : -EFAULT;
}

#endif
