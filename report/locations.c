/* locations.c - the distinct frames of a run's stacks, and what to call them. */
#include "locations.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "record/array.h"
#include "record/escape.h"
#include "report/label.h"

/* A tail frame is at its function's start, where nobody has called anything yet: no function is
 * inlined there. */
enum { SHOWN_MARKS = FRAME_SIGNAL | FRAME_SPAWNED_BY, TOLD_MARKS = SHOWN_MARKS | FRAME_TAIL };

static bool is_same(const struct frame *left, const struct frame *right)
{
    return left->module == right->module && left->offset == right->offset &&
           left->marks == right->marks;
}

static int add(struct locations *locations, const struct frame *frame, uint32_t *ret)
{
    const struct frame told = { frame->module, frame->marks & TOLD_MARKS, frame->offset };
    uint64_t hash = slots_mix(slots_mix(told.offset, told.module), told.marks);
    uint32_t found = SLOTS_FIND(i, &locations->slots, hash, is_same(&locations->frames[i], &told));

    if (found == SLOTS_NONE) {
        if (!ARRAY_ROOM(locations->frames, locations->count, locations->capacity) ||
            slots_add(&locations->slots, hash, (uint32_t)locations->count))
            return -ENOMEM;
        found = (uint32_t)locations->count++;
        locations->frames[found] = told;
    }
    *ret = found;
    return 0;
}

static int list(struct locations *locations)
{
    const struct stacks *stacks = &locations->run->stacks;
    int error = 0;

    for (uint32_t i = 0; i < stacks->count && !error; i++)
        if (i < STACK_ENDS)
            locations->of_stack[i] = i;
        else
            error = add(locations, &stacks->stacks[i].frame, &locations->of_stack[i]);
    return error;
}

int locations_init(struct locations *locations, struct run *run)
{
    *locations = (struct locations){
        .run = run,
        .frames = calloc(LOCATION_FIRST, sizeof(*locations->frames)),
        .count = LOCATION_FIRST,
        .capacity = LOCATION_FIRST,
        .of_stack = calloc(run->stacks.count, sizeof(*locations->of_stack)),
        .modules = label_modules(run),
    };
    int error =
        locations->frames && locations->of_stack && locations->modules ? list(locations) : -ENOMEM;
    if (error)
        locations_deinit(locations);
    return error;
}

void locations_deinit(struct locations *locations)
{
    free(locations->frames);
    free(locations->of_stack);
    free(locations->modules);
    slots_deinit(&locations->slots);
}

bool location_function(const struct locations *locations, uint32_t location, uint32_t number,
                       struct location_function *ret)
{
    struct run *run = locations->run;
    const struct frame *frame = &locations->frames[location];
    const struct inlined *inlined = NULL;

    if (location < LOCATION_FIRST) {
        *ret = (struct location_function){ .component = "" };
        return !number;
    }
    uint32_t count = (uint32_t)run_find_inlined(run, frame->module, frame->offset, &inlined);
    uint32_t position = frame->marks & FRAME_TAIL ? count + number : number;
    if (position > count)
        return false;
    if (position < count) {
        *ret = (struct location_function){ inlined[position].name, inlined[position].component,
                                           position, true };
        return true;
    }
    const struct symbol *symbol = run_find_symbol(run, frame->module, frame->offset);
    *ret = (struct location_function){ symbol ? symbol->name : NULL,
                                       symbol ? symbol->component : "", position, false };
    return true;
}

/* ---- Labels ---- */

static char *label_special(uint32_t location)
{
    char *label = NULL;

    if (location == LOCATION_CUT)
        return strdup("... frames left out");
    return asprintf(&label, "... %s", stack_end_name((enum stack_end)location)) < 0 ? NULL : label;
}

static const char *mark_text(const struct frame *frame, const struct location_function *function)
{
    if (function->inlined || !(frame->marks & SHOWN_MARKS))
        return "";
    return frame->marks & FRAME_SIGNAL ? " (signal)" : " (spawned-by)";
}

static char *join(const struct frame *frame, const struct location_function *function,
                  const char *library)
{
    const char *mark = mark_text(frame, function);
    char *name = function->name ? escape(function->name) : NULL, *label = NULL;
    int length = 0;

    if (name)
        length = asprintf(&label, "%s [%s]%s", name, library, mark);
    else if (function->name)
        length = -1;
    else if (frame->module == MODULE_START)
        length = asprintf(&label, "%s%s", library, mark);
    else
        length = asprintf(&label, "%s+0x%" PRIx64 "%s", library, frame->offset, mark);
    free(name);
    return length < 0 ? NULL : label;
}

char *location_label(const struct locations *locations, uint32_t location,
                     const struct location_function *function)
{
    const struct frame *frame = &locations->frames[location];

    if (location < LOCATION_FIRST)
        return label_special(location);
    char *library = label_library(locations->modules[frame->module], "", function->component);
    char *label = library ? join(frame, function, library) : NULL;
    free(library);
    return label;
}
