/* driver.c - commands of drivers: phases, pauses, saving. */
#include "driver.h"

#include "agentcounts.h"
#include "saving.h"
#include "signals.h"

enum {
    PHASES_MAX = 4096,  /* that drivers may name: to find one takes time for each */
    READS_AT_ONCE = 16, /* of the FIFO, before tracees come again */
};

/* From the next entry that is handled on, all processes are in this phase. */
static const char *begin_phase(struct tracer *tracer, const char *name)
{
    if (tracer->run->phase_count >= PHASES_MAX && !run_has_phase(tracer->run, name))
        return "there are too many phases: give the name of one that was before";
    int64_t phase = run_phase(tracer->run, name);
    if (phase < 0)
        return "out of memory";
    for (struct tracee *t = NULL; (t = tracees_next(&tracer->tracees, t));)
        if (t->process)
            t->process->phases.phase = (uint32_t)phase;
    return NULL;
}

/* Answers later, when all is written. */
static const char *begin_save(struct tracer *tracer)
{
    if (!tracer->options->outputs.count)
        return "there is no file to write to: start systrace-lib with -o FILE";
    tracer->save_asked = SAVE_WANTED;
    if (tracer->saver)
        return NULL;
    saving_begin(tracer);
    tracer->save_asked = tracer->saver ? SAVE_BEGUN : SAVE_NONE;
    return tracer->saver ? NULL : "no process can be made to write the files";
}

/* What is wrong, or NULL. */
static const char *obey(struct tracer *tracer, const struct command *command)
{
    agentcounts_take_all(tracer);
    switch (command->kind) {
    case COMMAND_PHASE:
        return begin_phase(tracer, command->name);
    case COMMAND_PAUSE:
    case COMMAND_RESUME:
        tracer->paused = command->kind == COMMAND_PAUSE;
        return NULL;
    case COMMAND_SAVE:
        return begin_save(tracer);
    default:
        return command->error;
    }
}

/* Whoever the answer is for may not have come for it yet. */
static void deliver(struct tracer *tracer, bool more)
{
    if (more)
        signals_tick();
    else if (!control_deliver(&tracer->control))
        signals_tick_in(tracer->control.delay);
}

void driver_take_commands(struct tracer *tracer)
{
    unsigned reads = READS_AT_ONCE;
    struct command command;

    while (!tracer->save_asked && control_take(&tracer->control, &reads, &command)) {
        const char *error = obey(tracer, &command);
        if (!tracer->save_asked)
            control_answer(&tracer->control, error);
    }
    deliver(tracer, !reads);
}

static const char *saved(int status)
{
    return status ? "not all files were written: systrace-lib says why on its stderr" : NULL;
}

void driver_saved(struct tracer *tracer, int status)
{
    tracer->saver = 0;
    if (!tracer->save_asked)
        return;
    const char *error = tracer->save_asked == SAVE_BEGUN ? saved(status) : begin_save(tracer);
    if (tracer->saver)
        return;
    tracer->save_asked = SAVE_NONE;
    control_answer(&tracer->control, error);
    driver_take_commands(tracer);
}

void driver_saved_last(struct tracer *tracer, int status)
{
    if (tracer->save_asked == SAVE_BEGUN)
        control_answer(&tracer->control, saved(status));
}
