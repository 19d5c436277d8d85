/* stacktext.c - the stacks of a run for people, a line a frame. */
#include "stacktext.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "escape.h"
#include "symbolizer/array.h"
#include "symbolizer/component.h"

/* Calls of one system call on one stack, of all programs, phases and executions. */
struct part {
    uint32_t stack, abi, nr;
    uint64_t calls;
};

/* A stack: its parts, which stand together. */
struct entry {
    const struct part *parts;
    size_t count;
    uint64_t calls;
};

struct page {
    FILE *file;
    struct run *run;
    const struct table *table;
    const char **names; /* by module: its name, or its path if another has the same name */
    struct part *parts;
    size_t part_count;
    struct entry *entries; /* in the order in which they are printed */
    size_t entry_count;
};

/* ---- Stacks and their calls ---- */

static int compare_keys(const void *a, const void *b)
{
    const struct part *left = a, *right = b;

    if (left->stack != right->stack)
        return left->stack < right->stack ? -1 : 1;
    if (left->abi != right->abi)
        return left->abi < right->abi ? -1 : 1;
    return (left->nr > right->nr) - (left->nr < right->nr);
}

/* Of one stack the most frequent first. */
static int compare_parts(const void *a, const void *b)
{
    const struct part *left = a, *right = b;

    if (left->stack == right->stack && left->calls != right->calls)
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
        page->parts[i] = (struct part){ count->stack, count->abi, count->nr, count->calls };
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
        if (!i || part->stack != part[-1].stack)
            page->entries[page->entry_count++] = (struct entry){ .parts = part };
        struct entry *entry = &page->entries[page->entry_count - 1];
        entry->count++;
        entry->calls += part->calls;
    }
    qsort(page->entries, page->entry_count, sizeof(*page->entries), compare_entries);
    return 0;
}

/* ---- Names ---- */

static const char *name_module(const struct run *run, const struct module *module)
{
    for (size_t i = 0; i < run->module_count; i++) {
        const struct module *other = &run->modules[i];
        if (other != module && !strcmp(other->name, module->name) && *module->path)
            return module->path;
    }
    return module->name;
}

static int name_modules(struct page *page)
{
    page->names = calloc(page->run->module_count, sizeof(*page->names));
    if (!page->names)
        return -ENOMEM;
    for (size_t i = 0; i < page->run->module_count; i++)
        page->names[i] = name_module(page->run, &page->run->modules[i]);
    return 0;
}

/* A component stands behind its module. To be freed; NULL: no memory. */
static char *make_label(const struct page *page, uint32_t module, const char *component)
{
    char *joined;

    if (asprintf(&joined, "%s%s%s", page->names[module], *component ? " " : "",
                 component_name(component)) < 0)
        return NULL;
    char *label = escape(joined);
    free(joined);
    return label;
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

/* A line: a frame, or a function inlined in one. */
struct level {
    const struct frame *frame;
    uint32_t position; /* as in the run */
    bool inlined;
    bool claimed;         /* the name is the program's word alone */
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
    uint32_t marks = level->inlined ? 0 : level->frame->marks;

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

/* All lines of a stack, to be freed with their labels. -ENOMEM. */
static int list_levels(const struct page *page, const struct stack *stack, struct level **ret,
                       size_t *count)
{
    size_t capacity = 0;
    struct level level;

    for (uint32_t i = 0; i < stack->depth; i++) {
        for (uint32_t p = 0; find_level(page->run, &stack->frames[i], p, &level); p++) {
            struct level *grown = array_with_room(*ret, *count, &capacity, sizeof(*grown));
            if (!grown)
                return -ENOMEM;
            *ret = grown;
            grown[(*count)++] = level;
            grown[*count - 1].label = make_label(page, level.frame->module, level.component);
            if (!grown[*count - 1].label)
                return -ENOMEM;
        }
    }
    return 0;
}

static int print_levels(const struct page *page, const struct level *levels, size_t count,
                        uint32_t caller)
{
    size_t width = 0;
    int error = 0;

    for (size_t i = 0; i < count; i++)
        width = strlen(levels[i].label) > width ? strlen(levels[i].label) : width;
    for (size_t i = 0; i < count && !error; i++)
        error = print_level(page, &levels[i], (int)width, i == caller);
    return error;
}

static int print_frames(const struct page *page, uint32_t number)
{
    const struct stack *stack = &page->run->stacks.stacks[number];
    struct level *levels = NULL;
    size_t count = 0;
    int error = list_levels(page, stack, &levels, &count);

    if (!error)
        error = print_levels(page, levels, count, page->table->stacks[number].caller_frame);
    if (stack->end != STACK_COMPLETE)
        fprintf(page->file, "    ... %s\n", stack_end_name(stack->end));
    for (size_t i = 0; i < count; i++)
        free(levels[i].label);
    free(levels);
    return error;
}

/* ---- The page ---- */

/* "26 calls by liba.so.1: newfstatat 20, openat 6" */
static int print_heading(const struct page *page, const struct entry *entry)
{
    const struct table_stack *stack = &page->table->stacks[entry->parts->stack];
    const struct table_library *library = &page->table->libraries[stack->caller];
    char *label = make_label(page, library->module, library->component);
    char name[SYSCALL_NAME_MAX];

    if (!label)
        return -ENOMEM;
    fprintf(page->file, "%" PRIu64 " call%s by %s%s", entry->calls, entry->calls == 1 ? "" : "s",
            label, stack->inexact ? " (inexact)" : "");
    free(label);
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

int stacktext_print(FILE *file, struct run *run, const struct table *table)
{
    struct page page = { .file = file, .run = run, .table = table };
    int error = name_modules(&page);

    if (!error)
        error = add_up(&page);
    if (!error)
        error = group(&page);
    if (!error)
        error = print_entries(&page);
    free(page.names);
    free(page.parts);
    free(page.entries);
    return error;
}
