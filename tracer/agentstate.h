/*
 * agentstate.h - what the tracer knows of the agent in an address space: what was put there, which
 * code was changed, which threads have an area, what it counts.
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

enum { INTERRUPTED_MAX = 64, AGENT_SITES_MAX = 4096, AGENT_PLACES = 2 };

struct process;

struct agent {
    enum {
        AGENT_WAITING, /* the process has not made enough calls yet */
        AGENT_PRESENT,
        AGENT_NEVER, /* it is there no more, or cannot be */
    } state;
    struct process *owner; /* whose threads' calls are counted; it has references as long as it is
                              here; NULL: the agent is not there, or it has ended */
    unsigned stops;        /* at calls, so far */
    unsigned processors;   /* that there are: its threads make no more calls than they can */
    /* Whether it pays, term by term; in stops, and what is worth as much (agents.c). */
    uint64_t counted, spent;  /* calls that it has counted; the price of changes of code, */
    uint64_t counted_at_last; /* and the former when the term began, which ends with */
    uint64_t term_end;        /* this number of stops */
    bool rests;               /* it does not pay: no code is changed for now */
    uint64_t taken_at;        /* when its counts were taken over last; nanoseconds */
    bool watches;             /* tracees are not to be bound for an instant (near.h) */

    uint8_t *memory; /* the block; NULL: none */
    /* Where the process has BLOCK_CODE and what follows: once, or once more for code that is out of
     * reach of the first. */
    uint64_t near[AGENT_PLACES];
    unsigned near_count;
    bool places_full; /* there can be no more, */
    uint64_t wanted;  /* or the address of a call that is in reach of none so far; 0: of none */
    struct trie trie;
    struct code *code; /* for which the trie holds; referenced */

    /* Calls' addresses, by which stops were made, and what became of them. */
    struct agent_site {
        uint64_t address;
        unsigned stops;
        bool known; /* what follows is: */
        enum patch_form form;
        uint32_t number; /* of its patch, if it has room for one */
    } * sites;
    size_t site_count, site_capacity;
    struct slots site_slots;
    struct patch patches[BLOCK_SITES];
    bool in_code[BLOCK_SITES]; /* this patch is in the code at present */
    uint32_t patch_count, in_code_count;
    unsigned retries;  /* that were in vain */
    uint64_t retry_at; /* with which number of stops those are tried again that are not */

    /* Of a forked process: padding that was changed when its memory was copied, and still is. */
    struct agent_padding {
        uint64_t address;
        uint8_t bytes[PATCH_SIZE];
    } * inherited;
    size_t inherited_count;

    bool threads[BLOCK_THREADS]; /* this area is a thread's */

    /* Where signals have interrupted it: there it may go on at any time. */
    uint64_t interrupted[INTERRUPTED_MAX];
    size_t interrupted_count;
    bool interrupted_anywhere; /* and in more places than these */
};

/* NULL: no memory. */
struct agent *agent_create(void);
/* That of a process which was forked: it is not there, and no code is changed but padding. NULL: no
 * memory. */
struct agent *agent_fork(const struct agent *parent);
void agent_destroy(struct agent *agent);

/* The area with this number + 1; NULL for 0. */
static inline struct block_area *agent_area(const struct agent *agent, uint32_t area)
{
    if (!area)
        return NULL;
    return (struct block_area *)(void *)(agent->memory + BLOCK_AREAS +
                                         (size_t)(area - 1) * BLOCK_AREA_SIZE);
}

/* Where the process has it. */
static inline uint64_t agent_area_address(const struct agent *agent, uint32_t area)
{
    return agent->near[0] + (BLOCK_AREAS - BLOCK_CODE) + (uint64_t)(area - 1) * BLOCK_AREA_SIZE;
}

/* The number of the site in whose pad or stub, or in inside_find() for which, a thread with this
 * area and pc is; BLOCK_SITES: it is elsewhere. */
uint32_t agent_site_of(const struct agent *agent, uint32_t area, uint64_t pc);

/* An area for one more thread; 0: there is none. */
uint32_t agent_take_area(struct agent *agent);

/* No thread's any more, if it was one's; *area is 0 then. */
void agent_free_area(struct agent *agent, uint32_t *area);

static inline uint64_t *agent_counters(const struct agent *agent)
{
    return (uint64_t *)(void *)(agent->memory + BLOCK_COUNTERS);
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

/* Does what is in this memory decide what it counts? (But for stacks.) */
bool agent_reads(const struct agent *agent, uint64_t start, uint64_t size);

/* Stacks that are there may be read no more, until it is known where they are. */
void agent_forget_bounds(struct agent *agent, uint64_t start, uint64_t size);

/* Has it mapped this? If so, *end is where that ends. */
bool agent_maps(const struct agent *agent, uint64_t address, uint64_t *end);

/* Makes bytes that were read what they are without the agent. */
void agent_hide(const struct agent *agent, uint64_t address, void *bytes, size_t size);

/* The same of the text of /proc/PID/maps: what it has mapped is not executable. */
void agent_hide_mappings(const struct agent *agent, char *text);

#endif
