/* run.c - fuzzes record/run.c and all that is made of a run: whatever a tracer could record, with
 * hostile names and numbers. */
#include "runs.h"

#include "fuzz.h"

enum { MANY = 24 };

static char *take_text(struct input *in)
{
    size_t size;
    const uint8_t *bytes = take_bytes(in, take_number(in, 1) % 32, &size);
    char *text = strndup((const char *)bytes, size);

    CHECK(text);
    return text;
}

static void take_execution(struct input *in, struct run *run)
{
    int64_t number = run_add_execution(run);
    CHECK(number >= 0);
    struct execution *e = &run->executions[number];

    if (take_number(in, 1) & 1) {
        e->attach_count = 1 + take_number(in, 1) % 3;
        e->attach = calloc(e->attach_count, sizeof(*e->attach));
        for (size_t i = 0; i < e->attach_count; i++)
            e->attach[i] = (int64_t)i + 1 + (int64_t)take_number(in, 3);
    } else {
        e->command = calloc(3, sizeof(*e->command));
        e->command[0] = take_text(in);
        e->command[1] = take_text(in);
    }
    e->kernel = take_text(in);
    e->machine = take_text(in);
    e->libc = take_text(in);
    e->version = take_text(in);
    e->engine = take_text(in);
    /* Times from 1970 to 9999. */
    e->start = (struct timespec){ (time_t)(take_number(in, 5) % 253402300800),
                                  (long)(take_number(in, 4) % 1000000000) };
    e->end = e->start;
    e->exit_status = (int)take_number(in, 1);
    e->exit_signal = (int)take_number(in, 1) % 65;
    e->cut_short = take_number(in, 1) & 1;
    e->vsyscall = e->memo_misses = take_number(in, 1);
    e->hard_walks = e->memo_misses / 2;
    e->results = take_number(in, 1) & 1;
    for (size_t i = 0; i < AGENT_FORMS; i++)
        e->agent_sites[i] = e->memo_misses / (i + 1);
}

static void take_module(struct input *in, struct run *run)
{
    struct module module = { .name = take_text(in),
                             .path = take_text(in),
                             .soname = take_text(in),
                             .identity = take_text(in),
                             .size = take_number(in, 8) & INT64_MAX,
                             .loads = take_number(in, 2) };

    CHECK(run_module(run, &module) >= 0);
    free(module.name);
    free(module.path);
    free(module.soname);
    free(module.identity);
}

static void take_symbol(struct input *in, struct run *run)
{
    uint64_t offset = take_number(in, 2), size = take_number(in, 2);
    uint32_t module = (uint32_t)(take_number(in, 1) % run->module_count);
    char *name = take_text(in);
    const char *component = size % 2 ? "go:a" : "";

    if (size)
        CHECK(!run_add_symbol(run, module, offset, size, name, component,
                              (enum source)(size % SOURCES)));
    else
        CHECK(!run_add_inlined(run, module, offset, 0, name, component) &&
              (!*name || !run_add_line(run, module, offset, 0, name, 1)));
    free(name);
}

static void take_stack(struct input *in, struct run *run)
{
    enum { MARKS = (FRAME_ENTRY << 1) - 1 };
    struct frame frames[MANY];
    enum stack_end end = (enum stack_end)(take_number(in, 1) % STACK_ENDS);
    uint32_t depth = (uint32_t)(take_number(in, 1) % MANY);

    for (uint32_t i = 0; i < depth; i++) {
        frames[i].module = (uint32_t)(take_number(in, 1) % run->module_count);
        frames[i].marks = (uint32_t)take_number(in, 1) & MARKS;
        frames[i].offset = take_number(in, 2);
        if (frames[i].module == MODULE_ANON) /* an address, in the kernel's half too */
            frames[i].offset <<= 48;
    }
    if (depth || end != STACK_COMPLETE)
        CHECK(stacks_intern(&run->stacks, frames, depth, end) >= 0);
}

static void take_count(struct input *in, struct run *run)
{
    struct count count = {
        .execution = (uint32_t)(take_number(in, 1) % run->execution_count),
        .program = (uint32_t)(take_number(in, 1) % run->program_count),
        .phase = (uint32_t)(take_number(in, 1) % run->phase_count),
        .abi = (uint32_t)take_number(in, 1) % 3,
        .nr = (uint32_t)take_number(in, 2),
        .calls = take_number(in, 6) + 1,
    };

    count.stack = (uint32_t)(take_number(in, 1) % run->stacks.count);
    if (count.stack == STACK_COMPLETE)
        return;
    if (run->executions[count.execution].results) {
        count.errors = take_number(in, 2) % (count.calls + 1);
        count.nanoseconds = take_number(in, 8) & INT64_MAX;
    }
    CHECK(run_count(run, &count) >= 0);
    struct execution *e = &run->executions[count.execution];
    e->entries += count.calls;
    if (e->memo_misses & 1) /* it had the engine agent */
        e->agent_stops[count.nr % AGENT_STOPS] += count.calls;
}

static void take_program(struct input *in, struct run *run)
{
    char *name = take_text(in), *path = take_text(in);

    CHECK(run_program(run, name, path) >= 0);
    free(name);
    free(path);
}

static void take_phase(struct input *in, struct run *run)
{
    char *name = take_text(in);

    CHECK(run_phase(run, name) >= 0);
    free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const takers[])(struct input *, struct run *) = {
        take_execution, take_module, take_symbol,  take_stack,
        take_count,     take_count,  take_program, take_phase,
    };
    struct input in = { data, data + size };
    struct run run;

    CHECK(!run_init(&run));
    take_execution(&in, &run);
    take_program(&in, &run);
    for (int i = 0; i < 1024 && in.at < in.end; i++)
        takers[take_number(&in, 1) % LENGTH(takers)](&in, &run);
    check_run(&run);
    run_deinit(&run);
    return 0;
}
