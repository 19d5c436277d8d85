/* stacktext.c - the stacks of a run for people, a line a frame: each with its calls and with who
 * asked, the most frequent first. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "record/escape.h"
#include "record/array.h"
#include "report/format.h"
#include "report/label.h"

/* Of a recursion only the first turn is shown. */
enum {
    PERIODS = 8,       /* so many frames a turn may have */
    REPEATED_MIN = 16, /* so many frames must be left out, else they are shown */
    SHOWN_FRAMES_MAX =
        1000, /* of the rest, so many of a stack: all need not be linear in the run */
};

/* Calls of one system call on one stack in one program and phase, of all executions. */
struct part {
    uint32_t stack, program;
    uint32_t phase; /* for table_phase_name() */
    uint32_t abi, nr;
    uint64_t calls;
};

/* A stack in one program and phase: its parts, which stand together. */
struct entry {
    const struct part *parts;
    size_t count;
    uint64_t calls;
};

struct page {
    FILE *file;
    struct run *run;
    const struct table *table;
    const char **names; /* by module (label.h) */
    struct part *parts;
    size_t part_count;
    struct entry *entries; /* in the order in which they are printed */
    size_t entry_count;
    uint32_t *ends[PERIODS]; /* by period - 1 and stack: the first stack outwards whose innermost
                                frame is not what the frame so many further out is */
};

/* ---- Stacks and their calls ---- */

static int compare_places(const struct part *left, const struct part *right)
{
    if (left->stack != right->stack)
        return left->stack < right->stack ? -1 : 1;
    if (left->program != right->program)
        return left->program < right->program ? -1 : 1;
    return (left->phase > right->phase) - (left->phase < right->phase);
}

static int compare_keys(const void *a, const void *b)
{
    const struct part *left = a, *right = b;
    int places = compare_places(left, right);

    if (places)
        return places;
    if (left->abi != right->abi)
        return left->abi < right->abi ? -1 : 1;
    return (left->nr > right->nr) - (left->nr < right->nr);
}

/* Of one stack the most frequent first. */
static int compare_parts(const void *a, const void *b)
{
    const struct part *left = a, *right = b;

    if (!compare_places(left, right) && left->calls != right->calls)
        return left->calls > right->calls ? -1 : 1;
    return compare_keys(a, b);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;

    if (left->calls != right->calls)
        return left->calls > right->calls ? -1 : 1;
    return compare_keys(left->parts, right->parts);
}

static int add_up(struct page *page)
{
    const struct run *run = page->run;

    page->parts = calloc(run->count_count + 1, sizeof(*page->parts));
    if (!page->parts)
        return -ENOMEM;
    for (size_t i = 0; i < run->count_count; i++) {
        const struct count *count = &run->counts[i];
        uint32_t phase = table_stack_phase(page->table, count->stack, count->phase);
        page->parts[i] = (struct part){ count->stack, count->program, phase,
                                        count->abi,   count->nr,      count->calls };
    }
    qsort(page->parts, run->count_count, sizeof(*page->parts), compare_keys);
    for (size_t i = 0; i < run->count_count; i++) {
        struct part *last = page->part_count ? &page->parts[page->part_count - 1] : NULL;
        if (last && !compare_keys(last, &page->parts[i]))
            last->calls += page->parts[i].calls;
        else
            page->parts[page->part_count++] = page->parts[i];
    }
    qsort(page->parts, page->part_count, sizeof(*page->parts), compare_parts);
    return 0;
}

static int group(struct page *page)
{
    page->entries = calloc(page->part_count + 1, sizeof(*page->entries));
    if (!page->entries)
        return -ENOMEM;
    for (size_t i = 0; i < page->part_count; i++) {
        const struct part *part = &page->parts[i];
        if (!i || compare_places(part, part - 1))
            page->entries[page->entry_count++] = (struct entry){ .parts = part };
        struct entry *entry = &page->entries[page->entry_count - 1];
        entry->count++;
        entry->calls += part->calls;
    }
    qsort(page->entries, page->entry_count, sizeof(*page->entries), compare_entries);
    return 0;
}

/* ---- Names ---- */

/* To be freed; NULL: no memory. */
static char *make_label(const struct page *page, uint32_t module, const char *component)
{
    return label_library(page->names[module], "", component);
}

/* As a column of its own. */
static int print_escaped(FILE *file, const char *raw)
{
    char *text = escape(raw);

    if (!text)
        return -ENOMEM;
    fprintf(file, "  %s", text);
    free(text);
    return 0;
}

/* ---- Frames ---- */

/* Turns of a recursion, as they lie on a stack. */
struct turns {
    uint32_t frames; /* of one turn; 1 if there is none */
    uint32_t more;   /* how many more turns there are, equal to the first; 0: none worth leaving out
                      */
    const struct stack *beyond; /* the stack beyond all of them */
};

/* A line: a frame, or a function inlined in one. */
struct level {
    const struct frame *frame;
    uint32_t position; /* as in the run */
    bool inlined;
    bool claimed;         /* the name is the program's word alone */
    struct turns turns;   /* of which it ends the first, if there are more */
    const char *function; /* NULL: not known */
    const char *component;
    char *label;
};

/* The functions inlined in the frame come first, but for a tail frame: at its start, where it is,
 * nobody has called anything yet (table.c). False: there is none of this number. */
static bool find_level(struct run *run, const struct frame *frame, uint32_t number,
                       struct level *ret)
{
    const struct inlined *inlined = NULL;
    uint32_t count = (uint32_t)run_find_inlined(run, frame->module, frame->offset, &inlined);
    uint32_t position = frame->marks & FRAME_TAIL ? count + number : number;

    if (position > count)
        return false;
    *ret = (struct level){ .frame = frame, .position = position, .component = "" };
    ret->inlined = position < count;
    if (ret->inlined) {
        ret->function = inlined[position].name;
        ret->component = inlined[position].component;
        return true;
    }
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);
    if (symbol) {
        ret->function = symbol->name;
        ret->component = symbol->component;
        ret->claimed = symbol->source == SOURCE_PERF_MAP;
    }
    return true;
}

static void print_remarks(const struct page *page, const struct level *level)
{
    const char *before = "  (";
    uint32_t marks = level->frame->marks & (level->inlined ? FRAME_SPAWNED_BY : ~0u);

    if (level->inlined || level->claimed) {
        fprintf(page->file, "%s%s", before, level->inlined ? "inlined" : "perf-map");
        before = ", ";
    }
    for (uint32_t bit = 1; bit && bit <= marks; bit <<= 1) {
        if (marks & bit) {
            fprintf(page->file, "%s%s", before, frame_mark_name(bit));
            before = ", ";
        }
    }
    if (*before == ',')
        putc(')', page->file);
}

/* Without a symbol that holds it, a place is a number: never the nearest name. */
static int print_level(const struct page *page, const struct level *level, int width, bool caller)
{
    const struct frame *frame = level->frame;
    const struct source_line *line =
        run_find_line(page->run, frame->module, frame->offset, level->position);
    int error = 0;

    fprintf(page->file, "  %c %-*s", caller ? '*' : ' ', width, level->label);
    if (level->function)
        error = print_escaped(page->file, level->function);
    else if (frame->module != MODULE_START)
        fprintf(page->file, "  +0x%" PRIx64, frame->offset);
    if (line && !error) {
        error = print_escaped(page->file, line->file);
        fprintf(page->file, ":%" PRIu32, line->line);
    }
    print_remarks(page, level);
    putc('\n', page->file);
    return error;
}

/* The stack so many frames further out, which are there. */
static const struct stack *stack_outwards(const struct stacks *stacks, const struct stack *stack,
                                          uint32_t frames)
{
    while (frames--)
        stack = stack_beyond(stacks, stack);
    return stack;
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
    return a->module == b->module && a->offset == b->offset && a->marks == b->marks;
}

static int find_ends(struct page *page)
{
    const struct stacks *stacks = &page->run->stacks;

    for (uint32_t period = 1; period <= PERIODS; period++) {
        uint32_t *ends = calloc(stacks->count, sizeof(*ends));
        if (!ends)
            return -ENOMEM;
        page->ends[period - 1] = ends;
        for (uint32_t i = 0; i < stacks->count; i++) {
            const struct stack *stack = &stacks->stacks[i];
            bool repeated =
                stack->depth > period &&
                same_frame(&stack_outwards(stacks, stack, period)->frame, &stack->frame);
            ends[i] = repeated ? ends[stack->outer] : i;
        }
    }
    return 0;
}

/* Does a recursion of so many frames a turn begin with the innermost frame? */
static bool find_period(const struct page *page, const struct stack *stack, uint32_t period,
                        struct turns *ret)
{
    const struct stacks *stacks = &page->run->stacks;
    const struct stack *end = &stacks->stacks[page->ends[period - 1][stack - stacks->stacks]];
    uint32_t repeated = stack->depth - end->depth;

    if (repeated < REPEATED_MIN + period)
        return false;
    *ret = (struct turns){ period, repeated / period,
                           stack_outwards(stacks, end, period - repeated % period) };
    return true;
}

static struct turns find_turns(const struct page *page, const struct stack *stack)
{
    struct turns turns = { 1, 0, stack_beyond(&page->run->stacks, stack) };
    uint32_t period = 1;

    while (period <= PERIODS && !find_period(page, stack, period, &turns))
        period++;
    return turns;
}

/* Lines of a stack. */
struct levels {
    struct level *all; /* to be freed with their labels */
    size_t count, capacity;
    uint32_t frames; /* that these are of */
};

static int list_frame(const struct page *page, const struct frame *frame, struct levels *ret)
{
    struct level level;

    for (uint32_t p = 0; find_level(page->run, frame, p, &level); p++) {
        struct level *grown = array_with_room(ret->all, ret->count, &ret->capacity, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        ret->all = grown;
        level.label = make_label(page, frame->module, level.component);
        if (!level.label)
            return -ENOMEM;
        grown[ret->count++] = level;
    }
    ret->frames++;
    return 0;
}

/* All lines that are shown. Leaves in *stack what is not. -ENOMEM. */
static int list_levels(const struct page *page, const struct stack **stack, struct levels *ret)
{
    const struct stacks *stacks = &page->run->stacks;
    int error = 0;

    while ((*stack)->depth && ret->frames < SHOWN_FRAMES_MAX && !error) {
        const struct turns turns = find_turns(page, *stack);
        for (uint32_t i = 0; i < turns.frames && !error; i++) {
            error = list_frame(page, &(*stack)->frame, ret);
            *stack = stack_beyond(stacks, *stack);
        }
        *stack = turns.beyond;
        if (turns.more && !error)
            ret->all[ret->count - 1].turns = turns;
    }
    return error;
}

static void print_turns(const struct page *page, const struct level *level)
{
    const struct turns *turns = &level->turns;

    if (turns->more && turns->frames == 1)
        fprintf(page->file, "    ... this frame %" PRIu32 " more times\n", turns->more);
    else if (turns->more)
        fprintf(page->file, "    ... these %" PRIu32 " frames %" PRIu32 " more times\n",
                turns->frames, turns->more);
}

static int print_levels(const struct page *page, const struct levels *levels, uint32_t caller)
{
    size_t width = 0;
    int error = 0;

    for (size_t i = 0; i < levels->count; i++) {
        size_t length = strlen(levels->all[i].label);
        width = length > width ? length : width;
    }
    for (size_t i = 0; i < levels->count && !error; i++) {
        error = print_level(page, &levels->all[i], (int)width, i == caller);
        print_turns(page, &levels->all[i]);
    }
    return error;
}

static int print_frames(const struct page *page, uint32_t number)
{
    const struct stack *stack = &page->run->stacks.stacks[number];
    struct levels levels = { 0 };
    int error = list_levels(page, &stack, &levels);

    if (!error)
        error = print_levels(page, &levels, callers_known(&page->table->callers, number)->line);
    if (stack->depth)
        fprintf(page->file, "    ... %" PRIu32 " more frames\n", stack->depth);
    if (stack->end != STACK_COMPLETE)
        fprintf(page->file, "    ... %s\n", stack_end_name(stack->end));
    for (size_t i = 0; i < levels.count; i++)
        free(levels.all[i].label);
    free(levels.all);
    return error;
}

/* ---- The page ---- */

/* "26 calls by liba.so.1 in app (main): newfstatat 20, openat 6" */
static int print_heading(const struct page *page, const struct entry *entry)
{
    const struct callers *callers = &page->table->callers;
    const struct caller *caller = callers_known(callers, entry->parts->stack);
    const struct caller_library *library = &callers->libraries[caller->library];
    char *label = make_label(page, library->module, library->component);
    char *program = escape(page->run->programs[entry->parts->program].name);
    char *phase = escape(table_phase_name(page->table, entry->parts->phase));
    char name[SYSCALL_NAME_MAX];
    bool complete = label && program && phase;

    if (complete)
        fprintf(page->file, "%" PRIu64 " call%s by %s%s in %s (%s)", entry->calls,
                entry->calls == 1 ? "" : "s", label, caller->verdict.inexact ? " (inexact)" : "",
                program, phase);
    free(label);
    free(program);
    free(phase);
    if (!complete)
        return -ENOMEM;
    for (size_t i = 0; i < entry->count; i++) {
        const struct part *part = &entry->parts[i];
        if (!syscall_name(part->abi, part->nr, name))
            return -ENOMEM;
        fprintf(page->file, "%s %s %" PRIu64, i ? "," : ":", name, part->calls);
        if (part->abi != ABI_X86_64)
            fprintf(page->file, " (%s)", abi_name(part->abi));
    }
    putc('\n', page->file);
    return 0;
}

static int print_entries(const struct page *page)
{
    int error = 0;

    for (size_t i = 0; i < page->entry_count && !error; i++) {
        if (i)
            putc('\n', page->file);
        error = print_heading(page, &page->entries[i]);
        if (!error)
            error = print_frames(page, page->entries[i].parts->stack);
    }
    return error;
}

int stacktext_print(FILE *file, const struct subject *subject)
{
    struct page page = { .file = file, .run = subject->run, .table = subject->table };

    page.names = label_modules(subject->run);
    int error = page.names ? add_up(&page) : -ENOMEM;
    if (!error)
        error = group(&page);
    if (!error)
        error = find_ends(&page);
    if (!error)
        error = print_entries(&page);
    for (int i = 0; i < PERIODS; i++)
        free(page.ends[i]);
    free(page.names);
    free(page.parts);
    free(page.entries);
    return error;
}
