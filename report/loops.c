/* loops.c - chooses the loop of each stack that waits, and adds up by loop. */
#include "loops.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/escape.h"
#include "record/place.h"
#include "report/functionat.h"
#include "report/waits.h"

/* In place of a stack, whose innermost frame would be the one: the first stacks have no frames. */
enum { NOWHERE = STACK_COMPLETE };

enum {
    WAITS_MIN = 2, /* calls of what recurs */
    ROUNDS_MIN = 8 /* of a loop, so that it is not one that starts a server again */
};

/* What is told apart: by the innermost frames of these stacks. */
struct loop_row {
    uint32_t program;
    uint32_t thread; /* whose frame is of the function that it began with; or KIND_* */
    uint32_t loop;   /* whose frame is of the loop's function; NOWHERE */
    uint64_t waits, inexact, calls, of;
};

/* Kinds of threads without a function. */
enum { KIND_UNKNOWN, KIND_MAIN, KIND_STARTING };

struct builder {
    struct run *run;
    struct keys *keys;
    /* By stack, of its innermost frame or of all: */
    uint32_t *function; /* the first stack whose innermost frame is in the same function */
    uint32_t *kind;     /* of thread: KIND_*, or such a first stack */
    bool *loop;         /* the call in the frame is on a loop, and in no runtime library */
    uint32_t *near;     /* the innermost such frame: a stack; NOWHERE */
    uint32_t *activity; /* the first stack with the same stack beyond a frame of the same function:
                           likely one activation of it that makes several calls */
    /* By stack, in the program that is looked at: */
    uint64_t *forks;      /* calls of fork that the function of its innermost frame made by this
                             call, or one that this called; */
    uint64_t *forks_near; /* by activity: by any call */
    uint64_t *round; /* by activity: the most calls that one stack made in loops of it, and in no
                        loop inside these */
    struct loop_row *rows;
    size_t count, capacity;
};

static const struct stack *stack_of(const struct builder *b, uint32_t number)
{
    return &b->run->stacks.stacks[number];
}

/* ---- Functions ---- */

static int find_functions(struct builder *b)
{
    uint32_t count = b->run->stacks.count;
    struct place *starts = calloc(count, sizeof(*starts));
    struct slots slots = { 0 };
    int error = starts ? 0 : -ENOMEM;

    for (uint32_t i = STACK_ENDS; i < count && !error; i++) {
        starts[i] = functionat_start(b->run, &stack_of(b, i)->frame);
        uint64_t hash = slots_mix(slots_mix(0, starts[i].module), starts[i].offset);
        uint32_t known = SLOTS_FIND(j, &slots, hash, !place_compare(&starts[j], &starts[i]));
        b->function[i] = known == SLOTS_NONE ? i : known;
        if (known == SLOTS_NONE)
            error = slots_add(&slots, hash, i);
    }
    slots_deinit(&slots);
    free(starts);
    return error;
}

static int find_activities(struct builder *b)
{
    struct slots slots = { 0 };
    int error = 0;

    for (uint32_t i = STACK_ENDS; i < b->run->stacks.count && !error; i++) {
        uint32_t outer = stack_of(b, i)->outer, function = b->function[i];
        uint64_t hash = slots_mix(slots_mix(0, outer), function);
        uint32_t known = SLOTS_FIND(j, &slots, hash,
                                    stack_of(b, j)->outer == outer && b->function[j] == function);
        b->activity[i] = known == SLOTS_NONE ? i : known;
        if (known == SLOTS_NONE)
            error = slots_add(&slots, hash, i);
    }
    slots_deinit(&slots);
    return error;
}

static bool is_runtime(const struct builder *b, uint32_t number)
{
    const struct callers *callers = b->keys->callers;
    return callers_is_runtime(
        callers, callers_library(callers, (struct caller_function){ number, CALLER_FRAME }));
}

static uint32_t kind_of(const struct builder *b, uint32_t number, bool runtime)
{
    const struct stack *stack = stack_of(b, number);
    uint32_t outer = b->kind[stack->outer];

    if (stack->end != STACK_COMPLETE)
        return KIND_UNKNOWN;
    if (stack->depth == 1)
        outer = stack->frame.marks & FRAME_ENTRY ? KIND_MAIN : KIND_STARTING;
    return outer == KIND_STARTING && !runtime ? b->function[number] : outer;
}

static void look_at_frames(struct builder *b)
{
    for (uint32_t i = STACK_ENDS; i < b->run->stacks.count; i++) {
        const struct frame *frame = &stack_of(b, i)->frame;
        bool runtime = is_runtime(b, i);
        b->kind[i] = kind_of(b, i, runtime);
        b->loop[i] = !runtime && run_is_loop(b->run, frame->module, frame->offset);
        b->near[i] = b->loop[i] ? i : b->near[stack_of(b, i)->outer];
    }
}

/* ---- Forks ---- */

/* Is one of the runtime library's functions that made the call fork(3), or the like? */
static bool is_in_fork(const struct builder *b, uint32_t number)
{
    for (; stack_of(b, number)->depth && is_runtime(b, number);
         number = stack_of(b, number)->outer) {
        const struct frame *frame = &stack_of(b, number)->frame;
        const struct symbol *symbol = run_find_symbol(b->run, frame->module, frame->offset);
        if (symbol && strcasestr(symbol->name, "fork") && !strstr(symbol->name, "vfork"))
            return true;
    }
    return false;
}

static bool is_fork(const struct builder *b, const struct count *count)
{
    char name[SYSCALL_NAME_MAX];

    if (!syscall_name((enum abi)count->abi, count->nr, name))
        return false;
    return !strcmp(name, "fork") ||
           ((!strcmp(name, "clone") || !strcmp(name, "clone3")) && is_in_fork(b, count->stack));
}

static void add_fork(struct builder *b, uint32_t number, uint64_t calls)
{
    enum { FUNCTIONS_NEAR = 2 };
    unsigned functions = 0;

    for (; stack_of(b, number)->depth; number = stack_of(b, number)->outer) {
        functions += !is_runtime(b, number);
        if (functions > FUNCTIONS_NEAR)
            return;
        b->forks[number] = run_sum(b->forks[number], calls);
        uint64_t *near = &b->forks_near[b->activity[number]];
        *near = run_sum(*near, calls);
    }
}

/*
 * Where the life of a forked child may have begun that now waits with this stack: the innermost
 * frame of a function that made a fork, or nearly, by another call. (Who forks far below an event
 * loop, and now waits in it, is the parent.) NOWHERE: with its outermost frame.
 */
static uint32_t begin_of(const struct builder *b, uint32_t number)
{
    while (stack_of(b, number)->depth && !(b->forks_near[b->activity[number]] && !b->forks[number]))
        number = stack_of(b, number)->outer;
    return stack_of(b, number)->depth ? number : NOWHERE;
}

/* ---- The choice ---- */

/* The outermost loop of a stack, from the frame `begin` on inwards, but for those that were seen to
 * go round a few times while another inside did more often. NOWHERE: there is none. */
static uint32_t choose_within(const struct builder *b, uint32_t number, uint32_t begin)
{
    uint32_t chosen = NOWHERE, least = stack_of(b, begin)->depth;
    uint64_t most = 0;

    for (uint32_t at = b->near[number]; at != NOWHERE && stack_of(b, at)->depth >= least;
         at = b->near[stack_of(b, at)->outer]) {
        uint64_t round = b->round[b->activity[at]];
        if (!round || round >= ROUNDS_MIN || round >= most)
            chosen = at;
        most = round > most ? round : most;
    }
    return chosen;
}

static uint32_t choose(const struct builder *b, uint32_t number, uint64_t calls)
{
    uint32_t begin = begin_of(b, number), chosen = choose_within(b, number, begin);

    /* Such a child makes the call once, if there is no loop in it: this is more than that. */
    if (chosen == NOWHERE && begin != NOWHERE && calls > b->forks_near[b->activity[begin]])
        chosen = choose_within(b, number, NOWHERE);
    return chosen == NOWHERE ? NOWHERE : b->function[chosen];
}

/* ---- Rows ---- */

static struct loop_row *find_row(struct builder *b, uint32_t program, uint32_t thread,
                                 uint32_t loop)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->rows[i].program == program && b->rows[i].thread == thread && b->rows[i].loop == loop)
            return &b->rows[i];
    if (!ARRAY_ROOM(b->rows, b->count, b->capacity))
        return NULL;
    b->rows[b->count] = (struct loop_row){ .program = program, .thread = thread, .loop = loop };
    return &b->rows[b->count++];
}

static int add_wait(struct builder *b, const struct count *count)
{
    const struct stack *stack = stack_of(b, count->stack);
    bool inexact = stack->marks & FRAME_INEXACT;

    if (stack->marks & FRAME_SPAWNED_BY || stack->frame.module == MODULE_START)
        return 0; /* the other frames are its parent's */
    struct loop_row *row =
        find_row(b, count->program, b->kind[count->stack], choose(b, count->stack, count->calls));
    if (!row)
        return -ENOMEM;
    row->waits = run_sum(row->waits, count->calls);
    row->inexact = run_sum(row->inexact, inexact ? count->calls : 0);
    return 0;
}

/* Takes note of what the choice in this program rests on. */
static void look_at_program(struct builder *b, uint32_t program)
{
    memset(b->forks, 0, b->run->stacks.count * sizeof(*b->forks));
    memset(b->forks_near, 0, b->run->stacks.count * sizeof(*b->forks_near));
    memset(b->round, 0, b->run->stacks.count * sizeof(*b->round));
    for (size_t i = 0; i < b->run->count_count; i++) {
        const struct count *count = &b->run->counts[i];
        uint64_t *round = &b->round[b->activity[b->near[count->stack]]];
        if (count->program != program)
            continue;
        if (count->calls > *round)
            *round = count->calls;
        if (is_fork(b, count))
            add_fork(b, count->stack, count->calls);
    }
}

static int add_program(struct builder *b, uint32_t program)
{
    int error = 0;

    look_at_program(b, program);
    for (size_t i = 0; i < b->run->count_count && !error; i++)
        if (b->run->counts[i].program == program && waits_has(&b->run->counts[i]))
            error = add_wait(b, &b->run->counts[i]);
    return error;
}

/* Adds up the calls of a row's threads, and those of them under its function. */
static int add_calls(const struct builder *b, struct loop_row *row)
{
    bool *under = calloc(b->run->stacks.count, sizeof(*under));

    if (!under)
        return -ENOMEM;
    for (uint32_t i = STACK_ENDS; i < b->run->stacks.count; i++)
        under[i] = under[stack_of(b, i)->outer] || b->function[i] == row->loop;
    for (size_t i = 0; i < b->run->count_count; i++) {
        const struct count *count = &b->run->counts[i];
        if (count->program != row->program || b->kind[count->stack] != row->thread)
            continue;
        row->of = run_sum(row->of, count->calls);
        row->calls = run_sum(row->calls, under[count->stack] ? count->calls : 0);
    }
    if (row->loop == NOWHERE)
        row->calls = row->waits;
    free(under);
    return 0;
}

static int compare_rows(const void *a, const void *b)
{
    const struct loop_row *left = a, *right = b;

    if (left->waits != right->waits)
        return left->waits > right->waits ? -1 : 1;
    if (left->program != right->program)
        return left->program < right->program ? -1 : 1;
    if (left->thread != right->thread)
        return left->thread < right->thread ? -1 : 1;
    return (left->loop > right->loop) - (left->loop < right->loop);
}

static int make_rows(struct builder *b)
{
    size_t kept = 0;
    int error = 0;

    for (uint32_t i = 0; i < b->run->program_count && !error; i++)
        error = add_program(b, i);
    for (size_t i = 0; i < b->count; i++)
        if (b->rows[i].waits >= WAITS_MIN)
            b->rows[kept++] = b->rows[i];
    b->count = kept;
    for (size_t i = 0; i < b->count && !error; i++)
        error = add_calls(b, &b->rows[i]);
    if (kept)
        qsort(b->rows, kept, sizeof(*b->rows), compare_rows);
    return error;
}

/* ---- The grid ---- */

enum {
    COLUMN_WAITS,
    COLUMN_INEXACT,
    COLUMN_CALLS,
    COLUMN_OF,
    COLUMN_PROGRAM,
    COLUMN_THREAD,
    COLUMN_LOOP,
    COLUMNS,
    COLUMN_TEXTS = COLUMNS - COLUMN_PROGRAM
};

static const char *const names[COLUMNS] = { "waits",   "inexact", "calls", "of",
                                            "program", "thread",  "loop" };

/* The function of a stack's innermost frame: "FUNCTION", with its library "LIBRARY:FUNCTION", or
 * "MODULE+0x1234" of its start. Escaped, to be freed. NULL: no memory. */
static char *name_function(struct builder *b, uint32_t number, bool library)
{
    const struct frame *frame = &stack_of(b, number)->frame;
    const struct symbol *symbol = run_find_symbol(b->run, frame->module, frame->offset);
    const char *module = b->run->modules[frame->module].name;
    char *raw = NULL;
    int length = 0;

    if (!symbol)
        length = asprintf(&raw, "%s+0x%" PRIx64, module, functionat_start(b->run, frame).offset);
    else
        length = asprintf(&raw, "%s%s%s", library ? module : "", library ? ":" : "", symbol->name);
    char *text = length < 0 ? NULL : escape(raw);
    if (length >= 0)
        free(raw);
    return text;
}

static char *name_thread(struct builder *b, uint32_t thread)
{
    return thread == KIND_MAIN   ? strdup("[main]")
           : thread < STACK_ENDS ? strdup("[unknown]")
                                 : name_function(b, thread, false);
}

static int fill_row(struct builder *b, struct grid *grid, size_t number)
{
    const struct loop_row *row = &b->rows[number];
    const uint64_t numbers[] = { row->waits, row->inexact, row->calls, row->of };
    char **texts = &grid->texts[number * COLUMN_TEXTS];

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        grid->rows[number][i] = (struct grid_cell){ GRID_NUMBER, NULL, numbers[i] };
    texts[0] = escape(b->run->programs[row->program].name);
    texts[1] = name_thread(b, row->thread);
    texts[2] = row->loop == NOWHERE ? strdup("[unknown]") : name_function(b, row->loop, true);
    for (size_t i = 0; i < COLUMN_TEXTS; i++) {
        if (!texts[i])
            return -ENOMEM;
        grid->rows[number][COLUMN_PROGRAM + i] = (struct grid_cell){ GRID_TEXT, texts[i], 0 };
    }
    return 0;
}

static int make_grid(struct builder *b, struct grid *ret)
{
    int error = grid_init(ret, COLUMNS, b->count, b->count * COLUMN_TEXTS);

    if (error)
        return error;
    memcpy(ret->columns, names, sizeof(names));
    for (size_t i = 0; i < b->count && !error; i++)
        error = fill_row(b, ret, i);
    if (error)
        grid_deinit(ret);
    return error;
}

static void deinit(struct builder *b)
{
    free(b->function);
    free(b->kind);
    free(b->loop);
    free(b->near);
    free(b->activity);
    free(b->forks);
    free(b->forks_near);
    free(b->round);
    free(b->rows);
}

int loops_grid(struct run *run, struct keys *keys, struct grid *ret)
{
    size_t count = run->stacks.count;
    struct builder b = {
        .run = run,
        .keys = keys,
        .function = calloc(count, sizeof(*b.function)),
        .kind = calloc(count, sizeof(*b.kind)),
        .loop = calloc(count, sizeof(*b.loop)),
        .near = calloc(count, sizeof(*b.near)),
        .activity = calloc(count, sizeof(*b.activity)),
        .forks = calloc(count, sizeof(*b.forks)),
        .forks_near = calloc(count, sizeof(*b.forks_near)),
        .round = calloc(count, sizeof(*b.round)),
    };
    int error =
        b.function && b.kind && b.loop && b.near && b.activity && b.forks && b.forks_near && b.round
            ? 0
            : -ENOMEM;

    if (!error)
        error = find_functions(&b);
    if (!error)
        error = find_activities(&b);
    if (!error) {
        look_at_frames(&b);
        error = make_rows(&b);
    }
    if (!error)
        error = make_grid(&b, ret);
    deinit(&b);
    return error;
}
