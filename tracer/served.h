/*
 * served.h - files that a process serves (FUSE): it may be a tracee, stopped until we are done. The
 * tracing thread therefore never looks at them. A child of its reads such a file for it, while the
 * server is traced on, and what needs the file is put off; a server that does not answer costs a
 * while once, and the file's image is then what is in memory of it. Nor is memory read that has
 * pages of such a file, unless they are there.
 */
#ifndef SYSTRACE_SERVED_H
#define SYSTRACE_SERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "symbolizer/image/maps.h"
#include "addressspace.h"

/* Of one run of the tracer. */
struct served {
    /* Devices of files that are open: as long as they are, the number is no other device's. */
    uint64_t *kernels;
    size_t kernel_count, kernel_capacity;
    struct fetch *fetches; /* files that were asked for */
    size_t count, capacity;
};

/* -ENOMEM. */
int served_init(struct served *served);
/* Ends the children there are. */
void served_deinit(struct served *served);

/* The mount table that a lookup reads at most once; zeroed at first. */
struct lookup {
    struct served *served;
    pid_t tid; /* in whose root and mount namespace */
    struct mounts *theirs;
};
void lookup_deinit(struct lookup *lookup);

/* May a process serve the files of this device? So it is if that cannot be known. */
bool served_device(struct lookup *lookup, uint64_t device);

/* The same of the file of a mapping, or of what leads to its path in the root of the thread. */
bool served_mapping(struct lookup *lookup, const struct mapping *mapping, const char *path);

/* The same of the way to an absolute path in the root of the thread. */
bool served_path(struct lookup *lookup, const char *path);

/* The same of a link of /proc that leads to the file: not to be used for anything else. */
bool served_link(struct lookup *lookup, const char *link);

/* A file of this device was opened, and stays so: no process serves them. */
void served_note_kernel(struct served *served, uint64_t device);

/* A copy of a file that may be served: a descriptor; -EINPROGRESS: it is being made, and
 * served_ended() will tell; -ENOENT: it is not to be had. */
int served_open(struct served *served, pid_t tid, const struct mapping *mapping, const char *path);

/* Was this our child, which has ended now with this wait status? */
bool served_ended(struct served *served, pid_t pid, int status);

/* Notes in an address space that [start, start + size) may be a mapping of such a file; 0, 0 and
 * forget: that all was unmapped that was noted. */
void served_note_range(struct address_space *space, uint64_t start, uint64_t size);
void served_forget_ranges(struct address_space *space);
bool served_overlaps(const struct address_space *space, uint64_t start, uint64_t size);

/* How much of this memory can be read without a look at such a file. */
size_t served_readable(const struct address_space *space, pid_t tid, uint64_t address, size_t size);

#endif
