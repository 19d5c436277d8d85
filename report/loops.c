/* loops.c - chooses the loop of each stack that waits, and adds up by loop. */
#include "loops.h"

#include <ctype.h>
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
    ROUNDS_MIN = 4,  /* of a loop, so that it is not one that starts a server again */
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

/* How sure it is that a process goes round in the loop of a frame. */
enum rank { RANK_NONE, RANK_LIKELY, RANK_PROVEN, RANK_ROUND };

struct builder {
    struct run *run;
    struct keys *keys;
    /* By stack, of its innermost frame or of all: */
    uint32_t *function; /* the first stack whose innermost frame is in the same function */
    uint32_t *kind;     /* of thread: KIND_*, or such a first stack */
    uint32_t *activity; /* the first stack with the same stack beyond a frame of the same function:
                           likely one activation of it that makes several calls */
    enum loop_kind *loop; /* the call in the frame is on a loop, and in no runtime library */
    uint32_t *near;       /* the innermost frame of which that is proven: a stack; NOWHERE */
    /* By stack, in the program that is looked at: */
    uint64_t *forks;      /* calls of fork that the function of its innermost frame made by this
                             call, or one that this called; */
    uint64_t *forks_near; /* by activity: by any call */
    uint64_t *round;      /* by activity: the most calls that one stack made in proven loops of it
                             that are in no proven loop inside these */
    uint64_t lives;  /* how many processes and threads began, each of which may make a call once */
    uint32_t *begin; /* where the life of a forked child may have begun that waits with this stack:
                        the innermost frame of a function that made a fork, or nearly, by another
                        call. (Who forks far below an event loop, and now waits in it, is the
                        parent.) A stack; NOWHERE */
    uint32_t *since, *all; /* the frame whose loop is chosen, from there on inwards; of all */
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
        b->near[i] = b->loop[i] == LOOP_PROVEN ? i : b->near[stack_of(b, i)->outer];
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

static void find_begins(struct builder *b)
{
    for (uint32_t i = STACK_ENDS; i < b->run->stacks.count; i++)
        b->begin[i] =
            b->forks_near[b->activity[i]] && !b->forks[i] ? i : b->begin[stack_of(b, i)->outer];
}

/* ---- The choice ---- */

/* More calls by one stack than there were processes and threads, each of which may have made it
 * once, but for a few: somebody went round. So do then calls that are only likely to be on the
 * loop. */
static enum rank rank_of(const struct builder *b, uint32_t number)
{
    if (number == NOWHERE || b->loop[number] == LOOP_UNKNOWN)
        return RANK_NONE;
    if (b->round[b->activity[number]] > run_sum(b->lives, ROUNDS_MIN))
        return RANK_ROUND;
    return b->loop[number] == LOOP_PROVEN ? RANK_PROVEN : RANK_LIKELY;
}

/* The same, in stacks that begin there. Who forked in a loop that is only likely is not in it: the
 * code behind the child's call may well be that of its parent. */
static enum rank rank_of_begin(const struct builder *b, uint32_t number)
{
    return b->loop[number] == LOOP_PROVEN ? rank_of(b, number) : RANK_NONE;
}

/* For all stacks the outermost loop of which it is as sure as of any. */
static void choose(const struct builder *b, bool since_begin, uint32_t *ret)
{
    for (uint32_t i = STACK_ENDS; i < b->run->stacks.count; i++) {
        bool begins = since_begin && b->begin[i] == i;
        uint32_t outer = begins ? NOWHERE : ret[stack_of(b, i)->outer];
        enum rank rank = begins ? rank_of_begin(b, i) : rank_of(b, i);
        ret[i] = rank > rank_of(b, outer) ? i : outer;
    }
}

/* The frame in whose loop so many calls were made with a stack. */
static uint32_t loop_of(const struct builder *b, uint32_t number, uint64_t calls)
{
    uint32_t found = b->since[number], begin = b->begin[number];

    /* A forked child makes a call once, if there is no loop in it: are these more than that? */
    if (found == NOWHERE && begin != NOWHERE && calls > b->forks_near[b->activity[begin]])
        found = b->all[number];
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

/* Does the call begin a thread, a process, or the life of a program? */
static bool is_begin(const struct count *count)
{
    static const char *const begins[] = {
        "fork", "vfork", "clone", "clone3", "execve", "execveat"
    };
    char name[SYSCALL_NAME_MAX];

    if (!syscall_name((enum abi)count->abi, count->nr, name))
        return false;
    for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
        if (!strcmp(name, begins[i]))
            return true;
    return false;
}

static void note_rounds(struct builder *b, const struct count *count)
{
    uint64_t *round = &b->round[b->activity[b->near[count->stack]]];

    if (count->calls > *round)
        *round = count->calls;
}

static void forget_program(struct builder *b)
{
    uint64_t *const sums[] = { b->forks, b->forks_near, b->round };

    for (size_t i = 0; i < sizeof(sums) / sizeof(*sums); i++)
        memset(sums[i], 0, b->run->stacks.count * sizeof(**sums));
    b->lives = 1;
}

/* Takes note of what the choice in this program rests on. */
static void look_at_program(struct builder *b, uint32_t program)
{
    forget_program(b);
    for (size_t i = 0; i < b->run->count_count; i++) {
        const struct count *count = &b->run->counts[i];
        if (count->program != program)
            continue;
        note_rounds(b, count);
        if (is_begin(count))
            b->lives = run_sum(b->lives, count->calls);
        if (is_fork(b, count))
            add_fork(b, count->stack, count->calls);
    }
    find_begins(b);
    choose(b, true, b->since);
    choose(b, false, b->all);
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
    COLUMN_SHARE,
    COLUMN_PROGRAM,
    COLUMN_THREAD,
    COLUMN_LOOP,
    COLUMNS,
    COLUMN_TEXTS = COLUMNS - COLUMN_PROGRAM
};

static const char *const names[COLUMNS] = { "waits", "inexact", "calls",  "of",
                                            "%",     "program", "thread", "loop" };

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
    grid->rows[number][COLUMN_SHARE] =
        (struct grid_cell){ .kind = GRID_REAL, .real = 100 * (double)row->calls / (double)row->of };
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

/* Of a word for a shell. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("_+-./:@%,", *text))
            return false;
    return true;
}

static void note_loop(FILE *file, const char *loop)
{
    const char *quote = is_plain(loop) ? "" : "'";

    if (strchr(loop, '\'')) /* of some languages; it would end there */
        return;
    fprintf(file, "--under=%s%s%s\n", quote, loop, quote);
    fprintf(file, "--phase=serving@%s%s%s\n", quote, loop, quote);
}

/* Says of the first loop of each program, for a few, how it is selected. */
static int make_note(const struct builder *b, struct grid *grid)
{
    enum { PROGRAMS_MAX = 3 };
    size_t size, programs = 0;
    FILE *file = open_memstream(&grid->note, &size);

    if (!file)
        return -ENOMEM;
    for (size_t i = 0; i < b->count && programs < PROGRAMS_MAX; i++) {
        bool said = b->rows[i].loop == NOWHERE;
        for (size_t j = 0; j < i && !said; j++)
            said = b->rows[j].program == b->rows[i].program && b->rows[j].loop != NOWHERE;
        if (!said && !programs++)
            fputs("To report the calls of such a loop alone, or record them as a phase:\n", file);
        if (!said)
            note_loop(file, grid->rows[i][COLUMN_LOOP].text);
    }
    return fclose(file) ? -ENOMEM : 0;
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
    if (!error)
        error = make_note(b, ret);
    if (error)
        grid_deinit(ret);
    return error;
}

/* All arrays by stack: of NOWHERE, of which there is nothing, too. */
static int init(struct builder *b)
{
    size_t count = b->run->stacks.count;
    uint32_t **const numbers[] = { &b->function, &b->kind,  &b->activity, &b->near,
                                   &b->begin,    &b->since, &b->all };
    uint64_t **const sums[] = { &b->forks, &b->forks_near, &b->round };
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
    free(b->forks);
    free(b->forks_near);
    free(b->near);
    free(b->round);
    free(b->begin);
    free(b->since);
    free(b->all);
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
        error = make_rows(&b);
    }
    if (!error)
        error = make_grid(&b, ret);
    deinit(&b);
    return error;
}
