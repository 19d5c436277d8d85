/* saving.c - has a child write what was recorded so far. */
#include "saving.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agentcounts.h"
#include "record/clock.h"
#include "diag.h"
#include "record.h"
#include "signals.h"

int saving_end_record(struct tracer *tracer, const int *status)
{
    struct execution *execution = tracer_execution(tracer);

    execution->memo_hits = tracer->unwinder.hits;
    execution->memo_misses = tracer->unwinder.walks;
    execution->hard_walks = tracer->unwinder.hard_walks;
    return record_end(tracer->run, tracer->execution, status, tracer->options, &tracer->images);
}

void saving_begin(struct tracer *tracer)
{
    tracer->next_save = clock_now() + (uint64_t)tracer->options->interval * 1000000000;
    if (tracer->saver)
        return; /* it is at it still */
    agentcounts_take_all(tracer);
    tracer->saver = fork();
    if (tracer->saver < 0) {
        diag("cannot save the results meanwhile: fork: %s", strerror(errno));
        tracer->saver = 0;
    } else if (!tracer->saver) {
        signals_ignore();
        tracer_execution(tracer)->cut_short = true;
        int error = saving_end_record(tracer, NULL);
        if (error < 0)
            diag("cannot save the results meanwhile: %s", strerror(-error));
        _exit(error < 0 ? EXIT_OURS : tracer->save(tracer->options, tracer->run));
    }
}
