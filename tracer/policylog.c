/* policylog.c - writes lines of JSON, and adds up what they say. */
#include "policylog.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diag.h"
#include "record/array.h"
#include "record/escape.h"
#include "record/timestamp.h"

enum { SUMS_SHOWN = 20 };

int policy_log_open(struct policy_log *log, const struct options *options, struct run *run,
                    const struct images *images)
{
    *log = (struct policy_log){ .options = options,
                                .run = run,
                                .names = { .run = run, .images = images } };
    if (!options->policy_log)
        return 0;
    log->file = fopen(options->policy_log, "we");
    if (log->file)
        return 0;
    int error = -errno;
    diag("%s: %s", options->policy_log, strerror(-error));
    return error;
}

void policy_log_deinit(struct policy_log *log)
{
    if (log->file)
        fclose(log->file);
    stack_names_deinit(&log->names);
    slots_deinit(&log->slots);
    slots_deinit(&log->repeat_slots);
    free(log->repeats);
    for (size_t i = 0; i < log->count; i++)
        free((char *)log->sums[i].component);
    free(log->sums);
}

/* ---- Lines ---- */

/* The text for raw bytes. */
static json_t *make_text(const char *raw)
{
    char *text = escape(raw);
    json_t *ret = text ? json_string(text) : NULL;

    free(text);
    return ret;
}

/* "write [libc.so.6]", or "liba.so.1+0x12" where no symbol holds it. */
static json_t *make_frame(const struct run *run, const struct named_frame *frame)
{
    char *library = escape(run->modules[frame->module].name);
    json_t *ret = !library ? NULL
                  : frame->name
                      ? json_sprintf("%s [%s]", frame->name, library)
                      : json_sprintf("%s+0x%llx", library, (unsigned long long)frame->offset);

    free(library);
    return ret;
}

static json_t *make_stack(const struct run *run, const struct named_stack *stack)
{
    json_t *ret = json_array();

    for (uint32_t i = 0; i < stack->count; i++) {
        if (json_array_append_new(ret, make_frame(run, &stack->frames[i]))) {
            json_decref(ret);
            return NULL;
        }
    }
    return ret;
}

/* The caller's: a frame's, or one inlined in it, of which the run has the names then. */
static json_t *make_function(const struct policy_log *log, const struct named_stack *stack,
                             const struct caller_function *function)
{
    const struct stack *stacks = log->run->stacks.stacks;
    const struct inlined *inlined;

    if (function->stack == NO_FUNCTION)
        return json_null();
    const struct frame *frame = &stacks[function->stack].frame;
    if (function->position != CALLER_FRAME) {
        run_find_inlined(log->run, frame->module, frame->offset, &inlined);
        return make_text(inlined[function->position].name);
    }
    uint32_t line = stacks[stack->stack].depth - stacks[function->stack].depth;
    const char *name = line < stack->count ? stack->frames[line].name : NULL;
    return name ? json_string(name) : json_null();
}

static json_t *make_line(const struct policy_log *log, const struct policy_call *call,
                         const struct named_stack *stack, uint64_t calls)
{
    const struct ruling *ruling = &call->ruling;
    const struct rules_compartment *compartment = ruling->compartment;
    const struct program *program = &log->run->programs[call->program];
    char buffer[SYSCALL_NAME_MAX];
    char time[TIMESTAMP_SIZE];
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    /* clang-format off */
    return json_pack("{s:s, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:s, s:I, s:o}",
                     "time", timestamp_print(&now, time),
                     "pid", (int)call->pid,
                     "tid", (int)call->tid,
                     "program", make_text(program->name),
                     "compartment", compartment ? json_string(compartment->name) : json_null(),
                     "library", make_text(log->run->modules[ruling->library].name),
                     "component", make_text(ruling->component),
                     "function", make_function(log, stack, &ruling->function),
                     "syscall", syscall_name(call->abi, call->nr, buffer),
                     "abi", abi_name(call->abi),
                     "action", rules_action_name(&ruling->action),
                     "reason", outside_name(ruling->outside),
                     "calls", (json_int_t)calls,
                     "stack", make_stack(log->run, stack));
    /* clang-format on */
}

/* A line of so many calls, at once, for whoever follows the file. */
static void write_line(struct policy_log *log, const struct policy_call *call, uint64_t calls)
{
    const struct named_stack *named = stack_names_find(&log->names, call->stack);
    json_t *line = named ? make_line(log, call, named, calls) : NULL;
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;

    json_decref(line);
    if (!text)
        die("out of memory");
    errno = EIO;
    if ((fprintf(log->file, "%s\n", text) < 0 || fflush(log->file)) && !log->error)
        log->error = -errno;
    free(text);
}

/* ---- Sums ---- */

static bool is_same(const struct policy_sum *a, const struct policy_sum *b)
{
    return a->compartment == b->compartment && a->library == b->library && a->abi == b->abi &&
           a->nr == b->nr && a->outside == b->outside && a->refused == b->refused &&
           !strcmp(a->component, b->component);
}

/* The component's name, which stays. */
static const char *add_up(struct policy_log *log, const struct ruling *ruling, enum abi abi,
                          uint32_t nr)
{
    struct policy_sum new = { ruling->compartment,
                              ruling->library,
                              ruling->component,
                              abi,
                              nr,
                              ruling->outside,
                              ruling->refuse,
                              0 };
    uint64_t key = slots_mix(slots_mix(slots_mix(0, new.library), nr),
                             (uint64_t)abi << 8 | (uint64_t) new.outside << 1 | new.refused);
    uint32_t found = SLOTS_FIND(i, &log->slots, key, is_same(&log->sums[i], &new));

    if (found == SLOTS_NONE) {
        new.component = strdup(new.component);
        if (!new.component || !ARRAY_ROOM(log->sums, log->count, log->capacity) ||
            slots_add(&log->slots, key, (uint32_t)log->count))
            die("out of memory");
        found = (uint32_t)log->count;
        log->sums[log->count++] = new;
    }
    log->sums[found].calls++;
    return log->sums[found].component;
}

/* ---- Repeated calls ---- */

/* But for who made it, and by rules that say the same of it. */
static bool is_repeated(const struct policy_call *a, const struct policy_call *b)
{
    return a->stack == b->stack && a->abi == b->abi && a->nr == b->nr &&
           a->ruling.outside == b->ruling.outside && a->ruling.refuse == b->ruling.refuse &&
           a->ruling.compartment == b->ruling.compartment &&
           a->ruling.library == b->ruling.library && a->ruling.component == b->ruling.component;
}

/* Which one it is of its kind, from 1 on. */
static uint64_t note_call(struct policy_log *log, const struct policy_call *call)
{
    uint64_t key = slots_mix(slots_mix(slots_mix(0, call->stack), call->nr),
                             (uint64_t)call->abi << 8 | (uint64_t)call->ruling.outside);
    uint32_t found =
        SLOTS_FIND(i, &log->repeat_slots, key, is_repeated(&log->repeats[i].last, call));

    if (found == SLOTS_NONE) {
        if (!ARRAY_ROOM(log->repeats, log->repeat_count, log->repeat_capacity) ||
            slots_add(&log->repeat_slots, key, (uint32_t)log->repeat_count))
            die("out of memory");
        found = (uint32_t)log->repeat_count++;
        log->repeats[found].calls = 0;
    }
    log->repeats[found].last = *call;
    return ++log->repeats[found].calls;
}

/* What has no line yet. */
static void write_rest(struct policy_log *log)
{
    for (size_t i = 0; i < log->repeat_count; i++)
        if (log->repeats[i].calls > POLICY_LOG_REPEATS)
            write_line(log, &log->repeats[i].last, log->repeats[i].calls - POLICY_LOG_REPEATS);
}

void policy_log_add(struct policy_log *log, const struct tracee *tracee, uint32_t stack,
                    enum abi abi, uint32_t nr)
{
    struct policy_call call = { .ruling = tracee->ruling,
                                .stack = stack,
                                .abi = abi,
                                .nr = nr,
                                .program = tracee->process->program,
                                .pid = tracee->process->pid,
                                .tid = tracee->tid };

    call.ruling.component = add_up(log, &tracee->ruling, abi, nr);
    if (log->file && note_call(log, &call) <= POLICY_LOG_REPEATS)
        write_line(log, &call, 1);
}

/* ---- The end ---- */

static int compare_calls(const void *a, const void *b)
{
    const struct policy_sum *left = a, *right = b;

    if (left->refused != right->refused)
        return right->refused - left->refused;
    return (left->calls < right->calls) - (left->calls > right->calls);
}

static void print_sum(const struct policy_log *log, const struct policy_sum *sum)
{
    char buffer[SYSCALL_NAME_MAX];
    const char *call = syscall_name(sum->abi, sum->nr, buffer);
    char *library = escape(log->run->modules[sum->library].name),
         *component = escape(sum->component);

    diag("policy: %s: %s by %s%s%s: %" PRIu64 " %s (%s)",
         sum->compartment ? sum->compartment->name : "no compartment", call ? call : "?",
         library ? library : "?", *sum->component ? "//" : "", component ? component : "?",
         sum->calls, sum->refused ? "refused" : "allowed and logged", outside_name(sum->outside));
    free(component);
    free(library);
}

/* Whatever the loader does in each program that starts is of no interest here, if it may. */
static bool is_shown(const struct policy_sum *sum)
{
    return sum->refused || sum->outside != OUTSIDE_LOADER;
}

/* What was refused first, then the most frequent. */
static void print_sums(struct policy_log *log)
{
    uint64_t refused = 0, logged = 0;
    size_t shown = 0;

    qsort(log->sums, log->count, sizeof(*log->sums), compare_calls);
    for (size_t i = 0; i < log->count; i++) {
        *(log->sums[i].refused ? &refused : &logged) += log->sums[i].calls;
        if (is_shown(&log->sums[i]) && shown++ < SUMS_SHOWN)
            print_sum(log, &log->sums[i]);
    }
    if (shown > SUMS_SHOWN)
        diag("policy: and %zu more; --policy-log=FILE has all", shown - SUMS_SHOWN);
    diag("policy: %" PRIu64 " call%s outside the rules %s refused, %" PRIu64 " allowed and logged",
         refused, refused == 1 ? "" : "s", refused == 1 ? "was" : "were", logged);
}

int policy_log_end(struct policy_log *log)
{
    write_rest(log);
    if (log->options->policy && !log->options->quiet)
        print_sums(log);
    if (log->error)
        diag("%s: %s: not all calls outside the rules are in it", log->options->policy_log,
             strerror(-log->error));
    return log->error;
}
