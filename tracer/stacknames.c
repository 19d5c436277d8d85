/* stacknames.c - looks the functions on a stack up in the symbols of their modules. */
#include "stacknames.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/bisect.h"
#include "record/escape.h"
#include "symbolizer/names/names.h"

/* Of one module. */
enum { READ_MILLISECONDS = 5000 };
static const uint64_t read_bytes = (uint64_t)4 << 30;

/* A function of an image. */
struct named_function {
    uint64_t start, end; /* file offsets */
    char *name;          /* owned, escaped */
    size_t outer;        /* number + 1 of the nearest before it that ends behind it; 0: none */
};

static void free_frames(struct named_stack *stack)
{
    for (uint32_t i = 0; i < stack->count; i++)
        free(stack->frames[i].name);
    free(stack->frames);
}

static void free_functions(struct named_image *image)
{
    for (size_t i = 0; i < image->count; i++)
        free(image->functions[i].name);
    free(image->functions);
}

void stack_names_deinit(struct stack_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free_frames(&names->all[i]);
    for (size_t i = 0; i < names->image_count; i++)
        free_functions(&names->functions[i]);
    free(names->functions);
    free(names->all);
    slots_deinit(&names->slots);
}

/* ---- Functions of images ---- */

/* They come by their offsets. */
static int add_function(void *context, size_t job, const struct symbol_name *name)
{
    struct named_image *image = context;
    const uint64_t end = name->offset + name->size;
    char *text = escape(name->name);
    size_t outer = image->count;

    (void)job;
    if (!text || !ARRAY_ROOM(image->functions, image->count, image->capacity)) {
        free(text);
        return -ENOMEM;
    }
    while (outer && image->functions[outer - 1].end <= end)
        outer = image->functions[outer - 1].outer;
    image->functions[image->count++] = (struct named_function){ name->offset, end, text, outer };
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

static void read_image(struct named_image *ret, const struct image *image)
{
    const struct names_job job = { .image = image };
    const struct names_limits limits = { READ_MILLISECONDS, read_bytes };
    const struct names_user user = { .add = add_function, .fail = pass_over, .context = ret };

    ret->read = true;
    names_find(&job, 1, (struct names_extent){ false, false }, &limits, &user);
}

/* Those of images->images[number], read now if they are not yet. NULL: no memory. */
static const struct named_image *find_image(struct stack_names *names, size_t number)
{
    const size_t count = names->images->count;

    if (number >= names->image_count) {
        struct named_image *larger = reallocarray(names->functions, count, sizeof(*larger));
        if (!larger)
            return NULL;
        memset(larger + names->image_count, 0, (count - names->image_count) * sizeof(*larger));
        names->functions = larger;
        names->image_count = count;
    }
    if (!names->functions[number].read)
        read_image(&names->functions[number], names->images->images[number]);
    return &names->functions[number];
}

/* Of several that hold the offset the one that starts last; NULL: there is none. */
static const struct named_function *find_function(const struct named_image *image, uint64_t offset)
{
    size_t number = BISECT(i, image->count, image->functions[i].start <= offset);

    while (number && image->functions[number - 1].end <= offset)
        number = image->functions[number - 1].outer;
    return number ? &image->functions[number - 1] : NULL;
}

/* ---- Names ---- */

static void name_frame(struct named_frame *frame, char *name)
{
    free(frame->name);
    frame->name = name;
}

/* Go's own table names a function without any symbol. */
static void name_by_image(struct named_frame *frame, const struct image *image,
                          const struct named_image *names)
{
    const struct named_function *named;
    struct go_function function;
    uint64_t start;

    if (image_go_function(image, frame->offset, &function, &start))
        name_frame(frame, escape(function.name));
    else if ((named = find_function(names, frame->offset)))
        name_frame(frame, strdup(named->name));
}

/* Code that the program made has names in the run already. */
static void name_by_run(struct run *run, struct named_frame *frame)
{
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);

    if (symbol)
        name_frame(frame, escape(symbol->name));
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

static bool name_by_images(struct stack_names *names, struct named_frame *frame)
{
    for (size_t i = 0; i < names->images->count; i++) {
        const struct image *image = names->images->images[i];
        if (image->number != frame->module)
            continue;
        const struct named_image *functions = find_image(names, i);
        if (!functions)
            return false;
        name_by_image(frame, image, functions);
    }
    return true;
}

static bool read_stack(struct stack_names *names, struct named_stack *ret)
{
    bool read = list_frames(&names->run->stacks, ret);

    for (uint32_t i = 0; i < ret->count && read; i++) {
        name_by_run(names->run, &ret->frames[i]);
        read = name_by_images(names, &ret->frames[i]);
    }
    if (!read)
        free_frames(ret);
    return read;
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
