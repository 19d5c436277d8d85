/* run.c - the record of a run: lists with unique keys, and counts. */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "record/array.h"

int run_init(struct run *run)
{
    static const char *const pseudo[MODULE_FIRST] = {
        [MODULE_ANON] = "[anon]",
        [MODULE_START] = "[start]",
        [MODULE_UNKNOWN] = "[unknown]",
    };

    *run = (struct run){ 0 };
    if (stacks_init(&run->stacks))
        return -ENOMEM;
    for (int i = 0; i < MODULE_FIRST; i++) {
        struct module module = {
            .name = (char *)pseudo[i], .path = "", .soname = "", .identity = ""
        };
        if (run_module(run, &module) < 0)
            goto fail;
    }
    if (run_phase(run, "") < 0)
        goto fail;
    return 0;
fail:
    run_deinit(run);
    return -ENOMEM;
}

static void execution_deinit(struct execution *execution)
{
    for (char **word = execution->command; word && *word; word++)
        free(*word);
    free(execution->command);
    free(execution->attach);
    free(execution->kernel);
    free(execution->machine);
    free(execution->libc);
    free(execution->version);
    free(execution->engine);
    free(execution->workload);
}

static void program_deinit(struct program *program)
{
    free(program->name);
    free(program->path);
}

static void module_deinit(struct module *module)
{
    free(module->name);
    free(module->path);
    free(module->soname);
    free(module->identity);
}

void run_deinit(struct run *run)
{
    for (size_t i = 0; i < run->execution_count; i++)
        execution_deinit(&run->executions[i]);
    for (size_t i = 0; i < run->program_count; i++)
        program_deinit(&run->programs[i]);
    for (size_t i = 0; i < run->phase_count; i++)
        free(run->phases[i]);
    for (size_t i = 0; i < run->module_count; i++)
        module_deinit(&run->modules[i]);
    run_free_symbols(run);
    free(run->extents);
    free(run->loops);
    stacks_deinit(&run->stacks);
    free(run->executions);
    free(run->programs);
    free(run->phases);
    free(run->modules);
    free(run->counts);
    slots_deinit(&run->count_slots);
    *run = (struct run){ 0 };
}

/* ---- Adding ---- */

const char *run_workload(const struct execution *execution)
{
    const char *command = execution->command ? execution->command[0] : NULL;

    if (execution->workload && *execution->workload)
        return execution->workload;
    if (!command)
        return "[attached]";
    const char *slash = strrchr(command, '/');
    return slash && slash[1] ? slash + 1 : command;
}

bool run_has_results(const struct run *run)
{
    for (size_t i = 0; i < run->execution_count; i++)
        if (run->executions[i].results)
            return true;
    return false;
}

uint64_t run_sum(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) || sum > INT64_MAX ? INT64_MAX : sum;
}

static int make_id(char id[static 33])
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
        return -errno;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        id[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        id[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    id[32] = '\0';
    return 0;
}

int64_t run_add_execution(struct run *run)
{
    if (!ARRAY_ROOM(run->executions, run->execution_count, run->execution_capacity))
        return -ENOMEM;
    struct execution execution = { .exit_status = -1 };
    int error = make_id(execution.id);
    if (error)
        return error;
    run->executions[run->execution_count] = execution;
    return (int64_t)run->execution_count++;
}

int64_t run_program(struct run *run, const char *name, const char *path)
{
    for (size_t i = 0; i < run->program_count; i++)
        if (!strcmp(run->programs[i].path, path) && !strcmp(run->programs[i].name, name))
            return (int64_t)i;

    if (!ARRAY_ROOM(run->programs, run->program_count, run->program_capacity))
        return -ENOMEM;
    struct program program = { strdup(name), strdup(path) };
    if (!program.name || !program.path) {
        program_deinit(&program);
        return -ENOMEM;
    }
    run->programs[run->program_count] = program;
    return (int64_t)run->program_count++;
}

/* As many as there are: it is none of them. */
static size_t find_phase(const struct run *run, const char *name)
{
    size_t i = 0;

    while (i < run->phase_count && strcmp(run->phases[i], name) != 0)
        i++;
    return i;
}

bool run_has_phase(const struct run *run, const char *name)
{
    return find_phase(run, name) < run->phase_count;
}

int64_t run_phase(struct run *run, const char *name)
{
    size_t found = find_phase(run, name);

    if (found < run->phase_count)
        return (int64_t)found;
    if (!ARRAY_ROOM(run->phases, run->phase_count, run->phase_capacity))
        return -ENOMEM;
    run->phases[run->phase_count] = strdup(name);
    if (!run->phases[run->phase_count])
        return -ENOMEM;
    return (int64_t)run->phase_count++;
}

static bool same_module(const struct module *a, const struct module *b)
{
    return !strcmp(a->name, b->name) && !strcmp(a->path, b->path) &&
           !strcmp(a->identity, b->identity);
}

static int copy_module(struct module *ret, const struct module *module)
{
    *ret = (struct module){ .name = strdup(module->name),
                            .path = strdup(module->path),
                            .soname = strdup(module->soname),
                            .identity = strdup(module->identity),
                            .set = module->set,
                            .size = module->size,
                            .loads = module->loads };
    if (ret->name && ret->path && ret->soname && ret->identity)
        return 0;
    module_deinit(ret);
    return -ENOMEM;
}

/* Two records of one module. They differ in more than loads only if its file could not be read (no
 * identity): keep the greater, so that the order of merging does not matter. */
static int join_module(struct module *module, const struct module *other)
{
    if (strcmp(module->soname, other->soname) < 0) {
        char *soname = strdup(other->soname);
        if (!soname)
            return -ENOMEM;
        free(module->soname);
        module->soname = soname;
    }
    if (module->set < other->set)
        module->set = other->set;
    if (module->size < other->size)
        module->size = other->size;
    module->loads = run_sum(module->loads, other->loads);
    return 0;
}

int64_t run_module(struct run *run, const struct module *module)
{
    for (size_t i = 0; i < run->module_count; i++)
        if (same_module(&run->modules[i], module))
            return join_module(&run->modules[i], module) ? -ENOMEM : (int64_t)i;

    if (!ARRAY_ROOM(run->modules, run->module_count, run->module_capacity))
        return -ENOMEM;
    if (copy_module(&run->modules[run->module_count], module))
        return -ENOMEM;
    return (int64_t)run->module_count++;
}

/* ---- Counting ---- */

enum { COUNT_KEY_SIZE = offsetof(struct count, calls) };

static uint64_t hash_count(const struct count *key)
{
    uint64_t hash = slots_mix(key->stack, (uint64_t)key->nr << 32 | key->abi);
    hash = slots_mix(hash, (uint64_t)key->program << 32 | key->phase);
    return slots_mix(hash, key->execution);
}

void run_index_counts(struct run *run)
{
    slots_clear(&run->count_slots);
    for (size_t i = 0; i < run->count_count; i++)
        slots_add(&run->count_slots, hash_count(&run->counts[i]), (uint32_t)i);
}

static void add_results(struct count *count, uint64_t errors, uint64_t nanoseconds)
{
    count->errors = run_sum(count->errors, errors);
    count->nanoseconds = run_sum(count->nanoseconds, nanoseconds);
}

int64_t run_count(struct run *run, const struct count *count)
{
    uint64_t hash = hash_count(count);
    uint32_t found =
        SLOTS_FIND(i, &run->count_slots, hash, !memcmp(&run->counts[i], count, COUNT_KEY_SIZE));

    if (found != SLOTS_NONE) {
        run->counts[found].calls += count->calls;
        add_results(&run->counts[found], count->errors, count->nanoseconds);
        return found;
    }
    if (!ARRAY_ROOM(run->counts, run->count_count, run->count_capacity) ||
        slots_add(&run->count_slots, hash, (uint32_t)run->count_count))
        return -ENOMEM;
    run->counts[run->count_count] = *count;
    return (int64_t)run->count_count++;
}

void run_add_result(struct run *run, uint32_t count, bool error, uint64_t nanoseconds)
{
    add_results(&run->counts[count], error, nanoseconds);
}

void run_quality(const struct run *run, struct quality *ret)
{
    if (run->execution_count)
        memset(ret, 0, run->execution_count * sizeof(*ret));
    for (size_t i = 0; i < run->count_count; i++) {
        const struct count *count = &run->counts[i];
        const struct stack *stack = &run->stacks.stacks[count->stack];
        ret[count->execution].by_end[stack->end] += count->calls;
        if (stack->marks & FRAME_INEXACT ||
            (stack->marks & (FRAME_TAIL | FRAME_PROVEN)) == FRAME_TAIL)
            ret[count->execution].inexact += count->calls;
    }
}
