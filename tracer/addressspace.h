/*
 * addressspace.h - the address space of one or several processes: what the symbolizer knows of it
 * (symbolizer/unwind/space.h), and by what the tracer reads it.
 */
#ifndef SYSTRACE_ADDRESSSPACE_H
#define SYSTRACE_ADDRESSSPACE_H

#include "symbolizer/unwind/space.h"

struct agent;
struct perfmap;

enum { SERVED_MAX = 256 };

struct address_space {
    unsigned references;
    struct space *space; /* owned */
    /* Its memory and map, opened to read the one faster, or both before the kernel closed them to
     * us (procfs.h); -1. And how often memory was read without. */
    int memory_fd, maps_fd;
    unsigned reads;
    /* Mappings that may be of files that a process serves (served.h): room for SERVED_MAX; NULL:
     * there are none. */
    struct range *served;
    size_t served_count;
    bool userfaults; /* a thread of a traced process may have to serve pages (userfaultfd(2)) */
    struct perfmap *perfmap; /* names for code made at run time (jit.h); NULL until needed, */
    uint64_t perfmap_retry;  /* when it is to be looked for again, in its own time, */
    uint64_t names_version;  /* and which names it has; 0: none */
    struct agent *agent;     /* owned (agentstate.h); NULL until needed */
    int64_t born; /* CLOCK_REALTIME in nanoseconds: no code in it is older; 0: not known */
};

/* A new one with one reference and a map that must be read. NULL: no memory. */
struct address_space *address_space_create(void);
/* The copy that fork makes of it. NULL: no memory. */
struct address_space *address_space_fork(const struct address_space *parent);
struct address_space *address_space_ref(struct address_space *as);
void address_space_unref(struct address_space *as);

#endif
