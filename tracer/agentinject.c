/* agentinject.c - by calls that the thread makes for us (remote.h). */
#include "agentinject.h"

#include <stdlib.h>
#include <string.h>

#include "agentplace.h"
#include "procfs.h"
#include "record/clock.h"
#include "resume.h"
#include "view.h"

/* (As Linux 6.6 says it, and later.) */
static bool has_shadow_stack(pid_t tid)
{
    char *status;

    if (procfs_read_text(tid, "status", &status))
        return true;
    const char *features = strstr(status, "x86_Thread_features:");
    const char *end = features ? strchr(features, '\n') : NULL;
    const char *found = features ? strstr(features, "shstk") : NULL;
    bool has = found && end && found < end;
    free(status);
    return has;
}

/* Calls that the tracee makes for us, near its pc. *done: they were made. */
static enum agents_entry
make_calls(struct tracer *tracer, struct tracee *tracee, struct agent *agent, uint64_t pc,
           bool (*make)(struct remote *, struct agent *, const char *, uint64_t), bool *done)
{
    struct view view = { tracee, &tracer->served, NULL, NULL };
    struct target target = view_target(&view);
    struct remote remote;
    char *maps;

    *done = false;
    if (target.read_maps(target.context, &maps) < 0)
        return AGENTS_NOTHING;
    if (!remote_begin(&remote, tracee->tid)) {
        free(maps);
        return AGENTS_NOTHING;
    }
    *done = make(&remote, agent, maps, pc);
    free(maps);
    remote_end(&remote);
    tracer_execution(tracer)->agent_setup += remote.calls;
    if (remote.interrupted)
        resume_interrupt(tracee);
    if (remote.stopped)
        return remote.calls ? AGENTS_AGAIN : AGENTS_NOTHING;
    if (remote.status) {
        queue_put(&tracer->queue, (struct waited){ tracee->tid, remote.status, 0 });
        tracee->queued = true;
    }
    return AGENTS_STOPPED;
}

enum agents_entry agentinject_begin(struct tracer *tracer, struct tracee *tracee,
                                    struct agent *agent, uint64_t pc)
{
    bool done;

    agent->state = AGENT_NEVER;
    if (!patch_is_possible() || has_shadow_stack(tracee->tid))
        return AGENTS_NOTHING;
    enum agents_entry ret = make_calls(tracer, tracee, agent, pc, agentplace_put, &done);
    if (done) {
        agent->state = AGENT_PRESENT;
        agent->owner = tracee->process;
        agent->taken_at = clock_now();
        near_watch(&tracer->near, &agent->watches, true);
    }
    return ret;
}

/* Sites that are out of reach are tried again, by another place. */
enum agents_entry agentinject_extend(struct tracer *tracer, struct tracee *tracee,
                                     struct agent *agent)
{
    const uint64_t wanted = agent->wanted;
    const unsigned places = agent->near_count;
    bool done;

    agent->wanted = 0;
    enum agents_entry ret = make_calls(tracer, tracee, agent, wanted, agentplace_extend, &done);
    if (!done)
        agent->near_count = places;
    agent->places_full = true;
    for (size_t i = 0; done && i < agent->site_count; i++)
        agent->sites[i].known &= agent->sites[i].form != PATCH_NO_ROOM;
    return ret;
}
