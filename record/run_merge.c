/* run_merge.c - adds one run to another: what both have stays one, under its key. */
#include "record/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "record/renumbering.h"

static bool has_id(const struct run *run, const char *id)
{
    for (size_t i = 0; i < run->execution_count; i++)
        if (!strcmp(run->executions[i].id, id))
            return true;
    return false;
}

static int check_mergeable(const struct run *run, const struct run *other)
{
    int64_t entries = 0;

    for (size_t i = 0; i < run->execution_count; i++)
        if (__builtin_add_overflow(entries, run->executions[i].entries, &entries))
            return -EOVERFLOW;
    for (size_t i = 0; i < other->execution_count; i++) {
        if (has_id(run, other->executions[i].id))
            return -EEXIST;
        if (__builtin_add_overflow(entries, other->executions[i].entries, &entries))
            return -EOVERFLOW;
    }
    return 0;
}

static char **copy_command(char *const *command)
{
    size_t count = 0;
    while (command && command[count])
        count++;

    char **copy = calloc(count + 1, sizeof(*copy));
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = strdup(command[i]);
        if (!copy[i]) {
            while (i)
                free(copy[--i]);
            free(copy);
            return NULL;
        }
    }
    return copy;
}

static int64_t *copy_pids(const int64_t *pids, size_t count)
{
    int64_t *copy = calloc(count + 1, sizeof(*copy));
    if (copy && count)
        memcpy(copy, pids, count * sizeof(*copy));
    return copy;
}

static int copy_execution(struct execution *ret, const struct execution *execution)
{
    *ret = *execution;
    ret->command = copy_command(execution->command);
    ret->attach = copy_pids(execution->attach, execution->attach_count);
    ret->kernel = strdup(execution->kernel ? execution->kernel : "");
    ret->machine = strdup(execution->machine ? execution->machine : "");
    ret->libc = strdup(execution->libc ? execution->libc : "");
    ret->version = strdup(execution->version ? execution->version : "");
    ret->engine = strdup(execution->engine ? execution->engine : "");
    ret->workload = strdup(execution->workload ? execution->workload : "");
    bool complete = ret->command && ret->attach && ret->kernel && ret->machine && ret->libc &&
                    ret->version && ret->engine && ret->workload;
    return complete ? 0 : -ENOMEM;
}

static int merge_labels(struct run *run, const struct run *other, struct renumbering *to)
{
    for (size_t i = 0; i < other->program_count; i++) {
        int64_t program = run_program(run, other->programs[i].name, other->programs[i].path);
        if (program < 0)
            return (int)program;
        to->programs[i] = (uint32_t)program;
    }
    for (size_t i = 0; i < other->phase_count; i++) {
        int64_t phase = run_phase(run, other->phases[i]);
        if (phase < 0)
            return (int)phase;
        to->phases[i] = (uint32_t)phase;
    }
    return 0;
}

static int merge_modules(struct run *run, const struct run *other, struct renumbering *to)
{
    for (size_t i = 0; i < other->module_count; i++) {
        int64_t module = run_module(run, &other->modules[i]);
        if (module < 0)
            return (int)module;
        to->modules[i] = (uint32_t)module;
    }
    return 0;
}

static int merge_functions(struct run *run, const struct run *other, const struct renumbering *to)
{
    int error = 0;

    for (size_t i = 0; i < other->symbol_count && !error; i++) {
        const struct symbol *symbol = &other->symbols[i];
        error = run_add_symbol(run, to->modules[symbol->module], symbol->offset, symbol->size,
                               symbol->name, symbol->component, symbol->source);
    }
    for (size_t i = 0; i < other->inlined_count && !error; i++) {
        const struct inlined *inlined = &other->inlined[i];
        error = run_add_inlined(run, to->modules[inlined->module], inlined->offset,
                                inlined->position, inlined->name, inlined->component);
    }
    for (size_t i = 0; i < other->line_count && !error; i++) {
        const struct source_line *line = &other->lines[i];
        error = run_add_line(run, to->modules[line->module], line->offset, line->position,
                             line->file, line->line);
    }
    return error;
}

static int merge_code(struct run *run, const struct run *other, const struct renumbering *to)
{
    int error = 0;

    for (size_t i = 0; i < other->extent_count && !error; i++) {
        const struct extent *extent = &other->extents[i];
        error = run_add_extent(run, to->modules[extent->start.module], extent->start.offset,
                               extent->size);
    }
    for (size_t i = 0; i < other->loop_count && !error; i++)
        error = run_add_loop(run, to->modules[other->loops[i].place.module],
                             other->loops[i].place.offset, other->loops[i].kind);
    return error;
}

static int merge_stacks(struct run *run, const struct run *other, struct renumbering *to)
{
    for (uint32_t i = 0; i < STACK_ENDS; i++)
        to->stacks[i] = i;
    for (uint32_t i = STACK_ENDS; i < other->stacks.count; i++) {
        struct frame frame = other->stacks.stacks[i].frame;
        frame.module = to->modules[frame.module];
        int64_t stack = stacks_add(&run->stacks, to->stacks[other->stacks.stacks[i].outer], &frame);
        if (stack < 0)
            return (int)stack;
        to->stacks[i] = (uint32_t)stack;
    }
    return 0;
}

static int merge_executions(struct run *run, const struct run *other, struct renumbering *to)
{
    for (size_t i = 0; i < other->execution_count; i++) {
        int64_t number = run_add_execution(run);
        if (number < 0)
            return (int)number;
        int error = copy_execution(&run->executions[number], &other->executions[i]);
        if (error)
            return error;
        to->executions[i] = (uint32_t)number;
    }
    return 0;
}

static int merge_counts(struct run *run, const struct run *other, const struct renumbering *to)
{
    for (size_t i = 0; i < other->count_count; i++) {
        struct count count = other->counts[i];
        count.execution = to->executions[count.execution];
        count.program = to->programs[count.program];
        count.phase = to->phases[count.phase];
        count.stack = to->stacks[count.stack];
        int64_t number = run_count(run, &count);
        if (number < 0)
            return (int)number;
    }
    return 0;
}

int run_merge(struct run *run, const struct run *other)
{
    struct renumbering to;
    int error = check_mergeable(run, other);
    if (error)
        return error;
    error = renumbering_init(&to, other);
    if (error)
        return error;

    error = merge_labels(run, other, &to);
    if (!error)
        error = merge_modules(run, other, &to);
    if (!error)
        error = merge_functions(run, other, &to);
    if (!error)
        error = merge_code(run, other, &to);
    if (!error)
        error = merge_stacks(run, other, &to);
    if (!error)
        error = merge_executions(run, other, &to);
    if (!error)
        error = merge_counts(run, other, &to);
    renumbering_deinit(&to);
    return error;
}
