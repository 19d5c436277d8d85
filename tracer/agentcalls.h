/*
 * agentcalls.h - what a call means for the agent of the process that makes it.
 */
#ifndef SYSTRACE_AGENTCALLS_H
#define SYSTRACE_AGENTCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "meaning.h"
#include "tracee.h"

/* Does it copy the memory, with the code as it is then? `clone` is what is known of it. */
bool agentcalls_copies_memory(const struct syscall *call, const struct clone_call *clone);

/* Is it one behind which there is no agent any more? */
bool agentcalls_ends_agent(const struct syscall *call);

/* Does it tell or set where the thread's %gs begins? */
bool agentcalls_is_of_base(const struct syscall *call);

/* Is it one of which no more need be known than that it is made? */
bool agentcalls_is_countable(const struct syscall *call);

/* Memory whose mapping a call may change, or take away, besides what it maps anew. */
struct ranges {
    struct {
        uint64_t start, size;
    } all[2];
    size_t count;
};

struct ranges agentcalls_ranges(const struct syscall *call);

#endif
