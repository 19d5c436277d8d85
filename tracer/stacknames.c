/* stacknames.c - looks the functions on a stack up in the symbols of their modules. */
#include "stacknames.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/escape.h"
#include "symbolizer/names/names.h"

/* Of one module. */
enum { READ_MILLISECONDS = 5000 };
static const uint64_t read_bytes = (uint64_t)4 << 30;

static void free_frames(struct named_stack *stack)
{
    for (uint32_t i = 0; i < stack->count; i++)
        free(stack->frames[i].name);
    free(stack->frames);
}

void stack_names_deinit(struct stack_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free_frames(&names->all[i]);
    free(names->all);
    slots_deinit(&names->slots);
}

/* ---- Names ---- */

/* Of several functions that hold a frame the one that starts last names it. */
static void name_frame(struct named_frame *frame, const char *name, uint64_t start)
{
    char *text = frame->name && frame->start >= start ? NULL : escape(name);

    if (!text)
        return;
    free(frame->name);
    frame->name = text;
    frame->start = start;
}

/* The frames of one module. */
struct naming {
    struct named_stack *stack;
    uint32_t module;
};

static int add_name(void *context, size_t job, const struct symbol_name *name)
{
    const struct naming *naming = context;

    (void)job;
    for (uint32_t i = 0; i < naming->stack->count; i++) {
        struct named_frame *frame = &naming->stack->frames[i];
        if (frame->module == naming->module && frame->offset >= name->offset &&
            frame->offset - name->offset < name->size)
            name_frame(frame, name->name, name->offset);
    }
    return 0;
}

/* What has no name is shown by its place. */
static void pass_over(void *context, size_t job, enum names_result result, bool debug)
{
    (void)context;
    (void)job;
    (void)result;
    (void)debug;
}

static int compare(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static bool name_by_go(const struct image *image, struct named_frame *frame)
{
    struct go_function function;
    uint64_t start;

    if (!image_go_function(image, frame->offset, &function, &start))
        return false;
    name_frame(frame, function.name, start);
    return true;
}

static void name_by_image(struct named_stack *stack, const struct image *image)
{
    const struct names_limits limits = { READ_MILLISECONDS, read_bytes };
    struct naming naming = { stack, image->number };
    struct names_user user = { .add = add_name, .fail = pass_over, .context = &naming };
    uint64_t offsets[STACK_NAMES_MAX];
    struct names_job job = { .image = image, .offsets = offsets };

    for (uint32_t i = 0; i < stack->count; i++) {
        struct named_frame *frame = &stack->frames[i];
        if (frame->module == image->number && !name_by_go(image, frame))
            offsets[job.count++] = frame->offset;
    }
    qsort(offsets, job.count, sizeof(*offsets), compare);
    if (job.count) /* what cannot be read has no names */
        names_find(&job, 1, (struct names_extent){ false, false }, &limits, &user);
}

/* Code that the program made has names in the run already. */
static void name_by_run(struct run *run, struct named_frame *frame)
{
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);

    if (symbol)
        name_frame(frame, symbol->name, symbol->offset);
}

/* ---- Stacks ---- */

static bool list_frames(const struct stacks *stacks, struct named_stack *ret)
{
    const struct stack *stack = &stacks->stacks[ret->stack];
    uint32_t count = stack->depth < STACK_NAMES_MAX ? stack->depth : STACK_NAMES_MAX;

    ret->frames = calloc(count + 1, sizeof(*ret->frames));
    for (; ret->frames && ret->count < count; stack = stack_beyond(stacks, stack))
        ret->frames[ret->count++] =
            (struct named_frame){ .module = stack->frame.module, .offset = stack->frame.offset };
    return ret->frames;
}

static bool has_module(const struct named_stack *stack, uint32_t module)
{
    for (uint32_t i = 0; i < stack->count; i++)
        if (stack->frames[i].module == module)
            return true;
    return false;
}

static bool read_stack(const struct stack_names *names, struct named_stack *ret)
{
    if (!list_frames(&names->run->stacks, ret))
        return false;
    for (uint32_t i = 0; i < ret->count; i++)
        name_by_run(names->run, &ret->frames[i]);
    for (size_t i = 0; i < names->images->count; i++)
        if (has_module(ret, names->images->images[i]->number))
            name_by_image(ret, names->images->images[i]);
    return true;
}

const struct named_stack *stack_names_find(struct stack_names *names, uint32_t stack)
{
    uint64_t key = slots_mix(0, stack);
    uint32_t found = SLOTS_FIND(i, &names->slots, key, names->all[i].stack == stack);
    struct named_stack new = { .stack = stack };

    if (found != SLOTS_NONE)
        return &names->all[found];
    if (!ARRAY_ROOM(names->all, names->count, names->capacity) || !read_stack(names, &new))
        return NULL;
    if (slots_add(&names->slots, key, (uint32_t)names->count)) {
        free_frames(&new);
        return NULL;
    }
    names->all[names->count] = new;
    return &names->all[names->count++];
}
