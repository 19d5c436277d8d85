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
    stacks_deinit(&run->stacks);
    free(run->executions);
    free(run->programs);
    free(run->phases);
    free(run->modules);
    free(run->counts);
    free(run->count_slots);
    *run = (struct run){ 0 };
}

/* ---- Adding ---- */

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
    struct execution *executions = array_with_room(run->executions, run->execution_count,
                                                   &run->execution_capacity, sizeof(*executions));
    if (!executions)
        return -ENOMEM;
    run->executions = executions;
    struct execution execution = { .exit_status = -1 };
    int error = make_id(execution.id);
    if (error)
        return error;
    executions[run->execution_count] = execution;
    return (int64_t)run->execution_count++;
}

int64_t run_program(struct run *run, const char *name, const char *path)
{
    for (size_t i = 0; i < run->program_count; i++)
        if (!strcmp(run->programs[i].path, path) && !strcmp(run->programs[i].name, name))
            return (int64_t)i;

    struct program *programs = array_with_room(run->programs, run->program_count,
                                               &run->program_capacity, sizeof(*programs));
    if (!programs)
        return -ENOMEM;
    run->programs = programs;
    struct program program = { strdup(name), strdup(path) };
    if (!program.name || !program.path) {
        program_deinit(&program);
        return -ENOMEM;
    }
    programs[run->program_count] = program;
    return (int64_t)run->program_count++;
}

int64_t run_phase(struct run *run, const char *name)
{
    for (size_t i = 0; i < run->phase_count; i++)
        if (!strcmp(run->phases[i], name))
            return (int64_t)i;

    char **phases =
        array_with_room(run->phases, run->phase_count, &run->phase_capacity, sizeof(*phases));
    if (!phases)
        return -ENOMEM;
    run->phases = phases;
    phases[run->phase_count] = strdup(name);
    if (!phases[run->phase_count])
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

    struct module *modules =
        array_with_room(run->modules, run->module_count, &run->module_capacity, sizeof(*modules));
    if (!modules)
        return -ENOMEM;
    run->modules = modules;
    if (copy_module(&modules[run->module_count], module))
        return -ENOMEM;
    return (int64_t)run->module_count++;
}

/* ---- Counting ---- */

enum { COUNT_KEY_SIZE = offsetof(struct count, calls) };

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t hash_count(const struct count *key)
{
    uint64_t hash = mix(key->stack, (uint64_t)key->nr << 32 | key->abi);
    hash = mix(hash, (uint64_t)key->program << 32 | key->phase);
    return mix(hash, key->execution);
}

static uint32_t *find_count_slot(const struct run *run, const struct count *key)
{
    size_t mask = run->count_slot_count - 1;
    size_t i = hash_count(key) & mask;

    while (run->count_slots[i] &&
           memcmp(&run->counts[run->count_slots[i] - 1], key, COUNT_KEY_SIZE))
        i = (i + 1) & mask;
    return &run->count_slots[i];
}

/* At most half full when all the capacity of the counts is used. */
int run_index_counts(struct run *run)
{
    size_t slot_count = 32;
    while (slot_count / 2 < run->count_capacity)
        slot_count *= 2;

    uint32_t *slots = calloc(slot_count, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    free(run->count_slots);
    run->count_slots = slots;
    run->count_slot_count = slot_count;
    for (size_t i = 0; i < run->count_count; i++)
        *find_count_slot(run, &run->counts[i]) = (uint32_t)i + 1;
    return 0;
}

static int make_count_room(struct run *run)
{
    struct count *counts =
        array_with_room(run->counts, run->count_count, &run->count_capacity, sizeof(*counts));
    if (!counts)
        return -ENOMEM;
    run->counts = counts;
    return run->count_slot_count / 2 < run->count_capacity ? run_index_counts(run) : 0;
}

static void add_results(struct count *count, uint64_t errors, uint64_t nanoseconds)
{
    count->errors = run_sum(count->errors, errors);
    count->nanoseconds = run_sum(count->nanoseconds, nanoseconds);
}

int64_t run_count(struct run *run, const struct count *count)
{
    if (run->count_count == run->count_capacity || run->count_count >= run->count_slot_count / 2) {
        int error = make_count_room(run);
        if (error)
            return error;
    }
    uint32_t *slot = find_count_slot(run, count);
    if (*slot) {
        run->counts[*slot - 1].calls += count->calls;
        add_results(&run->counts[*slot - 1], count->errors, count->nanoseconds);
    } else {
        run->counts[run->count_count] = *count;
        *slot = (uint32_t)++run->count_count;
    }
    return *slot - 1;
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
