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
    WAITS_MIN = 2,   /* calls of what recurs */
    KINDS_MIN = 8,   /* of calls in a loop, so that they say something */
    ROUNDS_MIN = 8,  /* of a loop, so that it is not one that starts a server again */
    ROWS_MAX = 1000, /* for each of which all stacks are gone through */
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

/* By stack: the frame whose loop is chosen, a stack that has it innermost; NOWHERE. */
struct choice {
    uint32_t *proven, *likely;
};

struct builder {
    struct run *run;
    struct keys *keys;
    /* By stack, of its innermost frame or of all: */
    uint32_t *function; /* the first stack whose innermost frame is in the same function */
    uint32_t *kind;     /* of thread: KIND_*, or such a first stack */
    uint32_t *activity; /* the first stack with the same stack beyond a frame of the same function:
                           likely one activation of it that makes several calls */
    enum loop_kind
        *loop;      /* the call in the frame is on a loop, and in no runtime library; proven is
                       enough for one call of an activity, if it is likely for the others */
    uint32_t *near; /* the innermost frame of which it is proven: a stack; NOWHERE */
    /* By stack, in the program that is looked at: */
    uint64_t *forks;      /* calls of fork that the function of its innermost frame made by this
                             call, or one that this called; */
    uint64_t *forks_near; /* by activity: by any call */
    /* By activity, of calls in loops of it that are in no loop inside these: */
    uint64_t *round; /* the most that one stack made, */
    uint64_t *kinds; /* and how many stacks and system calls these are */
    uint32_t *begin; /* where the life of a forked child may have begun that waits with this stack:
                        the innermost frame of a function that made a fork, or nearly, by another
                        call. (Who forks far below an event loop, and now waits in it, is the
                        parent.) A stack; NOWHERE */
    struct choice since, all; /* from there on inwards; of all frames */
    struct loop_row *rows;
    size_t count, capacity;
    struct slots slots;
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
        b->loop[i] = runtime ? LOOP_UNKNOWN : run_find_loop(b->run, frame->module, frame->offset);
    }
}

/* A call that is likely on a loop is taken to be on that which others of the activity prove. */
static int spread_proof(struct builder *b)
{
    uint32_t count = b->run->stacks.count;
    bool *proven = calloc(count, sizeof(*proven));

    if (!proven)
        return -ENOMEM;
    for (uint32_t i = STACK_ENDS; i < count; i++)
        proven[b->activity[i]] |= b->loop[i] == LOOP_PROVEN;
    for (uint32_t i = STACK_ENDS; i < count; i++) {
        bool is = b->loop[i] != LOOP_UNKNOWN && proven[b->activity[i]];
        b->near[i] = is ? i : b->near[stack_of(b, i)->outer];
    }
    free(proven);
    return 0;
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

static void find_begins(struct builder *b)
{
    for (uint32_t i = STACK_ENDS; i < b->run->stacks.count; i++)
        b->begin[i] =
            b->forks_near[b->activity[i]] && !b->forks[i] ? i : b->begin[stack_of(b, i)->outer];
}

/* ---- The choice ---- */

/* Was it not seen to go round only a few times: by many calls of which none was made often? So are
 * loops that start a server again. */
static bool goes_round(const struct builder *b, uint32_t number)
{
    uint32_t activity = b->activity[number];
    return b->round[activity] >= ROUNDS_MIN || b->kinds[activity] < KINDS_MIN;
}

/* Is the loop of a frame to be chosen in place of one further out? */
static bool is_better(const struct builder *b, uint32_t number, uint32_t outer)
{
    return outer == NOWHERE ||
           (!goes_round(b, outer) && (goes_round(b, number) || b->round[b->activity[number]] >=
                                                                   b->round[b->activity[outer]]));
}

/* For all stacks the outermost loop, but for those that hardly go round. */
static void choose(const struct builder *b, bool since_begin, bool likely, uint32_t *ret)
{
    for (uint32_t i = STACK_ENDS; i < b->run->stacks.count; i++) {
        bool begins = since_begin && b->begin[i] == i;
        uint32_t outer = begins ? NOWHERE : ret[stack_of(b, i)->outer];
        bool is = likely ? b->loop[i] != LOOP_UNKNOWN : b->near[i] == i;
        ret[i] = is && is_better(b, i, outer) ? i : outer;
    }
}

static uint32_t chosen(const struct choice *choice, uint32_t number)
{
    return choice->proven[number] != NOWHERE ? choice->proven[number] : choice->likely[number];
}

/* The frame in whose loop so many calls were made with a stack. */
static uint32_t loop_of(const struct builder *b, uint32_t number, uint64_t calls)
{
    uint32_t found = chosen(&b->since, number), begin = b->begin[number];

    /* A forked child makes a call once, if there is no loop in it: are these more than that? */
    if (found == NOWHERE && begin != NOWHERE && calls > b->forks_near[b->activity[begin]])
        found = chosen(&b->all, number);
    return found;
}

/* ---- Rows ---- */

static struct loop_row *find_row(struct builder *b, uint32_t program, uint32_t thread,
                                 uint32_t loop)
{
    uint64_t hash = slots_mix(slots_mix(slots_mix(0, program), thread), loop);
    uint32_t known = SLOTS_FIND(i, &b->slots, hash,
                                b->rows[i].program == program && b->rows[i].thread == thread &&
                                    b->rows[i].loop == loop);

    if (known != SLOTS_NONE)
        return &b->rows[known];
    if (!ARRAY_ROOM(b->rows, b->count, b->capacity) ||
        slots_add(&b->slots, hash, (uint32_t)b->count))
        return NULL;
    b->rows[b->count] = (struct loop_row){ .program = program, .thread = thread, .loop = loop };
    return &b->rows[b->count++];
}

static int add_wait(struct builder *b, const struct count *count)
{
    const struct stack *stack = stack_of(b, count->stack);
    uint32_t loop = loop_of(b, count->stack, count->calls);
    bool exact = !(stack->marks & FRAME_INEXACT) && b->loop[loop] == LOOP_PROVEN;

    if (stack->marks & FRAME_SPAWNED_BY || /* the other frames are its parent's */
        callers_known(b->keys->callers, count->stack)->verdict.phase != PHASE_MAIN)
        return 0;
    struct loop_row *row = find_row(b, count->program, b->kind[count->stack], b->function[loop]);
    if (!row)
        return -ENOMEM;
    row->waits = run_sum(row->waits, count->calls);
    row->inexact = run_sum(row->inexact, loop != NOWHERE && !exact ? count->calls : 0);
    return 0;
}

/* Takes note of what the choice in this program rests on. */
static void look_at_program(struct builder *b, uint32_t program)
{
    memset(b->forks, 0, b->run->stacks.count * sizeof(*b->forks));
    memset(b->forks_near, 0, b->run->stacks.count * sizeof(*b->forks_near));
    memset(b->round, 0, b->run->stacks.count * sizeof(*b->round));
    memset(b->kinds, 0, b->run->stacks.count * sizeof(*b->kinds));
    for (size_t i = 0; i < b->run->count_count; i++) {
        const struct count *count = &b->run->counts[i];
        uint32_t activity = b->activity[b->near[count->stack]];
        if (count->program != program)
            continue;
        if (count->calls > b->round[activity])
            b->round[activity] = count->calls;
        b->kinds[activity]++;
        if (is_fork(b, count))
            add_fork(b, count->stack, count->calls);
    }
    find_begins(b);
    choose(b, true, false, b->since.proven);
    choose(b, true, true, b->since.likely);
    choose(b, false, false, b->all.proven);
    choose(b, false, true, b->all.likely);
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
    if (kept)
        qsort(b->rows, kept, sizeof(*b->rows), compare_rows);
    b->count = kept < ROWS_MAX ? kept : ROWS_MAX;
    for (size_t i = 0; i < b->count && !error; i++)
        error = add_calls(b, &b->rows[i]);
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
        grid->rows[number][i] = (struct grid_cell){ .kind = GRID_NUMBER, .number = numbers[i] };
    texts[0] = escape(b->run->programs[row->program].name);
    texts[1] = name_thread(b, row->thread);
    texts[2] = row->loop == NOWHERE ? strdup("[unknown]") : name_function(b, row->loop, true);
    for (size_t i = 0; i < COLUMN_TEXTS; i++) {
        if (!texts[i])
            return -ENOMEM;
        grid->rows[number][COLUMN_PROGRAM + i] =
            (struct grid_cell){ .kind = GRID_TEXT, .text = texts[i] };
    }
    return 0;
}

static int make_grid(struct builder *b, struct grid *ret)
{
    int error = grid_init(ret, COLUMNS, b->count, b->count * COLUMN_TEXTS);

    if (error)
        return error;
    memcpy(ret->columns, names, sizeof(names));
    ret->whole = COLUMN_LOOP;
    for (size_t i = 0; i < b->count && !error; i++)
        error = fill_row(b, ret, i);
    if (error)
        grid_deinit(ret);
    return error;
}

/* All arrays by stack: of NOWHERE, of which there is nothing, too. */
static int init(struct builder *b)
{
    size_t count = b->run->stacks.count;
    uint32_t **const numbers[] = { &b->function,     &b->kind,       &b->activity,
                                   &b->near,         &b->begin,      &b->since.proven,
                                   &b->since.likely, &b->all.proven, &b->all.likely };
    uint64_t **const sums[] = { &b->forks, &b->forks_near, &b->round, &b->kinds };
    bool complete = (b->loop = calloc(count, sizeof(*b->loop)));

    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        complete &= (*numbers[i] = calloc(count, sizeof(**numbers[i]))) != NULL;
    for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++)
        complete &= (*sums[i] = calloc(count, sizeof(**sums[i]))) != NULL;
    return complete ? 0 : -ENOMEM;
}

static void deinit(struct builder *b)
{
    free(b->function);
    free(b->kind);
    free(b->activity);
    free(b->loop);
    free(b->near);
    free(b->forks);
    free(b->forks_near);
    free(b->round);
    free(b->kinds);
    free(b->begin);
    free(b->since.proven);
    free(b->since.likely);
    free(b->all.proven);
    free(b->all.likely);
    free(b->rows);
    slots_deinit(&b->slots);
}

int loops_grid(struct run *run, struct keys *keys, struct grid *ret)
{
    struct builder b = { .run = run, .keys = keys };
    int error = init(&b);

    if (!error)
        error = find_functions(&b);
    if (!error)
        error = find_activities(&b);
    if (!error) {
        look_at_frames(&b);
        error = spread_proof(&b);
    }
    if (!error)
        error = make_rows(&b);
    if (!error)
        error = make_grid(&b, ret);
    deinit(&b);
    return error;
}
