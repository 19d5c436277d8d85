/* salvage.c - writes what a broken tracing thread has counted. */
#include "salvage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agentcounts.h"
#include "record/clock.h"
#include "crash.h"
#include "diag.h"
#include "procfs.h"
#include "record.h"
#include "report/output.h"

enum {
    WITH_NAMES_SECONDS = 60,
    WITHOUT_NAMES_SECONDS = 30,
    SAVER_SECONDS = 10,
    LINE_SIZE = 512,
};

static const struct timespec pause_between = { 0, 10000000 };

/* Ends a child; when that is done, it writes no more. */
static void end(pid_t child)
{
    char state;

    kill(child, SIGKILL);
    if (waitpid(child, NULL, __WALL) == child)
        return;
    while ((state = procfs_state(child)) && state != 'Z')
        nanosleep(&pause_between, NULL);
}

/* How a child ended, as from waitpid(2); negative: it did not in time, or there is no waiting for
 * it, and so it was ended. */
static int wait_for(pid_t child, int seconds)
{
    uint64_t deadline = clock_now() + (uint64_t)seconds * 1000000000;
    int status;

    do {
        pid_t got = waitpid(child, &status, WNOHANG | __WALL);
        if (got == child)
            return status;
        if (got < 0 && errno != EINTR)
            break;
        nanosleep(&pause_between, NULL);
    } while (clock_now() < deadline);
    end(child);
    return -1;
}

/* Those that are in the counts alone; or in all but them. (Without the agent no call has a reason.)
 */
static void add_up_agent(struct execution *execution)
{
    uint64_t known = execution->agent_calls, stops = 0;

    for (size_t i = 0; i < AGENT_STOPS; i++)
        stops += execution->agent_stops[i];
    known += stops;
    if (stops && known < execution->entries)
        execution->agent_stops[AGENT_STOP_OTHER] += execution->entries - known;
    else if (known > execution->entries)
        execution->agent_calls -= known - execution->entries;
}

/* Was a call counted and not added up yet? The counts say what is true. */
static void add_up(struct run *run, struct execution *execution)
{
    execution->entries = 0;
    for (size_t i = 0; i < run->count_count; i++)
        execution->entries += run->counts[i].calls;
    if (execution->denied != COUNT_UNKNOWN && execution->denied > execution->entries)
        execution->denied = execution->entries;
    if (execution->killed > execution->entries)
        execution->killed = execution->entries;
    add_up_agent(execution);
}

/* A copy of what was recorded, in which the parts agree. False: there is no memory, or no sense in
 * it. */
static bool copy_run(const struct tracer *tracer, struct run *ret)
{
    if (run_init(ret) < 0 || run_merge(ret, tracer->run) < 0 || ret->execution_count != 1 ||
        ret->module_count != tracer->run->module_count)
        return false;
    struct execution *execution = &ret->executions[0];
    add_up(ret, execution);
    execution->cut_short = tracer->cut_short || !tracer->ended;
    execution->memo_hits = tracer->unwinder.hits;
    execution->memo_misses = tracer->unwinder.walks;
    execution->hard_walks = tracer->unwinder.hard_walks;
    for (size_t i = 0; i < ret->module_count; i++)
        ret->modules[i].loads = 0; /* record_end adds them, and may have */
    return true;
}

/* In the child. An exit status. */
static int write_rest(struct tracer *tracer, bool names)
{
    const struct images none = { 0 };
    const int *status = tracer->options->attach_count || tracer->command ? NULL : &tracer->status;
    struct run rest;

    if (names) /* else that may be what failed */
        agentcounts_take_all(tracer);
    if (!copy_run(tracer, &rest) ||
        record_end(&rest, 0, status, tracer->options, names ? &tracer->images : &none) < 0)
        return EXIT_OURS;
    return tracer->save(tracer->options, &rest);
}

/* Without the locks that fork(3) takes, of which the thread may have held one. */
static bool try_to_write(struct tracer *tracer, bool names, int seconds)
{
    pid_t child = _Fork();

    if (!child)
        _exit(write_rest(tracer, names));
    bool written = child > 0 && wait_for(child, seconds) == 0;
    output_clean_up();
    return written;
}

static const char *try_all(struct tracer *tracer)
{
    if (!tracer->started)
        return "there are no results";
    if (tracer->saver) /* its results are older: they must not come after ours */
        wait_for(tracer->saver, SAVER_SECONDS);
    output_clean_up();
    if (tracer->saving) /* a run that is half in order has the calls of one library at another */
        return "not all of the results are written";
    if (try_to_write(tracer, true, WITH_NAMES_SECONDS))
        return "what was counted before is written";
    if (try_to_write(tracer, false, WITHOUT_NAMES_SECONDS))
        return "what was counted before is written, but without names of functions, and so that "
               "the phase exit is not told from main";
    return "what was counted before could not be written";
}

_Noreturn void salvage(struct tracer *tracer)
{
    const char *outcome = try_all(tracer), *fault = crash_text();
    char text[LINE_SIZE];
    control_remove(&tracer->control);
    int size = snprintf(text, sizeof(text), "systrace-lib: a fault of its own (%s) %s; %s\n",
                        fault ? fault : "",
                        tracer->ended ? "hit it after the tracing" : "ended the tracing", outcome);

    if (fault && write(STDERR_FILENO, text, (size_t)size) < 0)
        _exit(EXIT_OURS); /* where could that be said? */
    _exit(EXIT_OURS);
}
