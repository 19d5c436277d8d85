/* agentsum.c - adds up what runs say of the agent. */
#include "agentsum.h"

const char *const agent_sum_reasons[AGENT_STOPS] = {
    [AGENT_STOP_EARLY] = "early",
    [AGENT_STOP_PROCESS] = "in a process without it",
    [AGENT_STOP_THREAD] = "in a thread without it",
    [AGENT_STOP_REST] = "while it rests",
    [AGENT_STOP_CALL] = "that always stop",
    [AGENT_STOP_SITE] = "at a site not patched",
    [AGENT_STOP_NEW] = "with a new stack",
    [AGENT_STOP_STACK] = "with a stack not for it",
    [AGENT_STOP_CHECK] = "to compare",
    [AGENT_STOP_OTHER] = "else",
};

bool agent_sum(const struct run *run, struct agent_sum *ret)
{
    struct agent_sum sum = { 0 };
    bool found = false;

    for (size_t i = 0; i < run->execution_count; i++) {
        const struct execution *execution = &run->executions[i];
        uint64_t stops = 0;
        for (size_t stop = 0; stop < AGENT_STOPS; stop++) {
            stops += execution->agent_stops[stop];
            sum.stops[stop] += execution->agent_stops[stop];
        }
        for (size_t form = 0; form < AGENT_FORMS; form++)
            sum.sites[form] = run_sum(sum.sites[form], execution->agent_sites[form]);
        found |= stops > 0;
        sum.calls += stops ? execution->entries : 0;
        sum.counted += stops ? execution->agent_calls : 0;
    }
    for (size_t form = 0; form < AGENT_FORMS; form++) {
        uint64_t *part =
            agent_form_is_patched((enum agent_form)form) ? &sum.patched : &sum.unpatched;
        *part = run_sum(*part, sum.sites[form]);
    }
    if (found)
        *ret = sum;
    return found;
}
