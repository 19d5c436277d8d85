/*
 * agentplace.h - puts the block (agent/block.h) into a process.
 */
#ifndef SYSTRACE_AGENTPLACE_H
#define SYSTRACE_AGENTPLACE_H

#include "agentstate.h"
#include "remote.h"

/* Everything but patches, near `pc`, where the process is at a call; `maps` is the text of its map.
 * False: it cannot be; some of it may be there. */
bool agentplace_put(struct remote *remote, struct agent *agent, const char *maps, uint64_t pc);

/* All but the stubs, once more, near this pc. False: it cannot be; nothing uses what may be there.
 */
bool agentplace_extend(struct remote *remote, struct agent *agent, const char *maps, uint64_t pc);

#endif
