/*
 * agentstate.h - what the tracer knows of the agent in an address space: what was put there, which
 * code was changed, what it counts.
 */
#ifndef SYSTRACE_AGENTSTATE_H
#define SYSTRACE_AGENTSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "agent/patch.h"
#include "agent/trie.h"
#include "record/slots.h"
#include "symbolizer/unwind/space.h"

enum { INTERRUPTED_MAX = 64, AGENT_SITES_MAX = 4096 };

struct agent {
    enum {
        AGENT_WAITING, /* the process has not made enough calls yet */
        AGENT_PRESENT,
        AGENT_NEVER, /* it is there no more, or cannot be */
    } state;
    unsigned stops;      /* at calls, so far */
    uint64_t refresh_at; /* with which number of them the stack is looked for again */
    uint64_t taken_at;   /* when its counts were taken over last; nanoseconds */
    bool patched;        /* the code of its sites is changed at present, */
    bool watches;        /* and tracees are not to be bound for an instant (near.h) */

    uint8_t *memory; /* the block; NULL: none */
    uint64_t near;   /* where the process has BLOCK_CODE */
    struct trie trie;
    struct code *code; /* for which the trie holds; referenced */

    /* Calls' addresses, by which stops were made, and what became of them. */
    struct agent_site {
        uint64_t address;
        unsigned stops;
        bool known; /* what follows is: */
        enum patch_form form;
        bool patched;    /* it is, when the code is changed, */
        uint32_t number; /* and this is its number */
    } * sites;
    size_t site_count, site_capacity;
    struct slots site_slots;
    struct patch patches[BLOCK_SITES];
    uint32_t patch_count;

    /* Where signals have interrupted it: there it may go on at any time. */
    uint64_t interrupted[INTERRUPTED_MAX];
    size_t interrupted_count;
    bool interrupted_anywhere; /* and in more places than these */
};

/* NULL: no memory. */
struct agent *agent_create(void);
/* That of a process which was forked: it is not there, and no code is changed. NULL: no memory. */
struct agent *agent_fork(const struct agent *parent);
void agent_destroy(struct agent *agent);

static inline struct block_area *agent_area(const struct agent *agent)
{
    return (struct block_area *)(void *)(agent->memory + BLOCK_AREA);
}

static inline struct block_table *agent_table(const struct agent *agent)
{
    return (struct block_table *)(void *)(agent->memory + BLOCK_TABLE);
}

/* The site, new if there was none of this address. NULL: no memory, or too many: code made at run
 * time may make calls from ever new places. */
struct agent_site *agent_find_site(struct agent *agent, uint64_t address);

/* Does any of this belong to the agent: what it has mapped, or code that it has changed? `agent`
 * may be NULL, here and below. */
bool agent_overlaps(const struct agent *agent, uint64_t start, uint64_t size);

/* Does what is in this memory decide what it counts? */
bool agent_reads(const struct agent *agent, uint64_t start, uint64_t size);

/* Has it mapped this? If so, *end is where that ends. */
bool agent_maps(const struct agent *agent, uint64_t address, uint64_t *end);

/* Makes bytes that were read what they are without the agent. */
void agent_hide(const struct agent *agent, uint64_t address, void *bytes, size_t size);

/* The same of the text of /proc/PID/maps: what it has mapped is not executable. */
void agent_hide_mappings(const struct agent *agent, char *text);

#endif
