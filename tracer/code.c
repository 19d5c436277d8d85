/* code.c - goes through the places of frames, image by image; and through stacks, for the few
 * places of which loops are of interest. */
#include "code.h"

#include <errno.h>
#include <stdlib.h>

#include "record/bisect.h"
#include "record/library.h"
#include "report/waits.h"
#include "symbolizer/unwind/loops.h"

/* ---- Functions without a symbol ---- */

/* Of one image, whose places are looked at in their order. */
struct extents {
    struct run *run;
    const struct image *image;
    uint64_t known; /* the end of the last, vaddr */
};

static int add_extent(struct extents *extents, uint64_t offset)
{
    const struct image *image = extents->image;
    const struct cfi *tables;
    struct fde fde;
    uint64_t vaddr, start;

    if (!image_vaddr(image, offset, &vaddr) || vaddr < extents->known ||
        run_find_symbol(extents->run, image->number, offset) ||
        image_find_fde(image, vaddr, &tables, &fde) || !image_offset(image, fde.start, &start))
        return 0;
    extents->known = fde.end;
    return run_add_extent(extents->run, image->number, start, fde.end - fde.start);
}

static int add_extents(struct run *run, const struct images *images, const struct place *places,
                       size_t count)
{
    int error = 0;

    for (size_t i = 0; i < images->count && !error; i++) {
        struct extents extents = { run, images->images[i], 0 };
        size_t at = BISECT(j, count, places[j].module < extents.image->number);
        for (; at < count && places[at].module == extents.image->number && !error; at++)
            error = add_extent(&extents, places[at].offset);
    }
    return error;
}

/* ---- Loops ---- */

/* Calls with one stack that a loop makes at least; and those that show that it goes round
 * (report/loops.c). */
enum { RECURS = 2, ROUNDS = 6 };

/* What is known of a stack. */
struct looked_at {
    uint64_t calls, waits; /* with it; those that wait */
    bool looked, loop;     /* its innermost frame was looked at; the call there may be on a loop */
    bool gone;             /* all its frames were looked at */
    bool within; /* it, or one beyond, may be on a loop, or is in a function with one that may */
    bool beyond; /* it is the one beyond such a frame */
};

/* The search for loops. */
struct looking {
    struct run *run;
    struct loops loops;
    struct looked_at *stacks;
    struct image **images; /* by module; NULL: it is a runtime library, or has no code */
};

static void count_calls(struct looking *looking)
{
    const struct run *run = looking->run;

    for (size_t i = 0; i < run->count_count; i++) {
        const struct count *count = &run->counts[i];
        looking->stacks[count->stack].calls += count->calls;
        if (waits_has(count))
            looking->stacks[count->stack].waits += count->calls;
    }
}

static void choose_images(struct looking *looking, const struct images *images)
{
    const struct run *run = looking->run;
    const struct library_run all = { run->modules, run->module_count };

    for (size_t i = 0; i < images->count; i++) {
        struct image *image = images->images[i];
        if (!library_is_runtime(&(struct runtime_libraries){ 0 }, &all,
                                &run->modules[image->number]))
            looking->images[image->number] = image;
    }
}

/* Looks at the innermost frame of a stack, if nobody did. */
static int look_at(struct looking *looking, uint32_t number)
{
    const struct stack *stack = &looking->run->stacks.stacks[number];
    struct looked_at *known = &looking->stacks[number];
    struct image *image = looking->images[stack->frame.module];
    uint64_t vaddr;

    if (known->looked || !image || !image_vaddr(image, stack->frame.offset, &vaddr))
        return 0;
    known->looked = true;
    enum loops_answer answer = loops_find(&looking->loops, image, vaddr + 1);
    if (answer == LOOPS_UNKNOWN)
        return 0;
    known->loop = looking->stacks[stack->outer].beyond = true;
    return run_add_loop(looking->run, stack->frame.module, stack->frame.offset,
                        answer == LOOPS_PROVEN ? LOOP_PROVEN : LOOP_LIKELY);
}

/* The same of all its frames. */
static int look_at_frames(struct looking *looking, uint32_t number)
{
    const struct stack *stacks = looking->run->stacks.stacks;
    int error = 0;

    for (; stacks[number].depth && !looking->stacks[number].gone && !error;
         number = stacks[number].outer) {
        looking->stacks[number].gone = true;
        error = look_at(looking, number);
    }
    return error;
}

/* First at what waits again and again; then at what else is often called in these loops, or from
 * what may be the same functions. */
static int look_at_all(struct looking *looking)
{
    const struct stacks *stacks = &looking->run->stacks;
    int error = 0;

    for (uint32_t i = STACK_ENDS; i < stacks->count && !error; i++)
        if (looking->stacks[i].waits >= RECURS)
            error = look_at_frames(looking, i);
    for (uint32_t i = STACK_ENDS; i < stacks->count && !error; i++) {
        struct looked_at *known = &looking->stacks[i];
        const struct looked_at *outer = &looking->stacks[stacks->stacks[i].outer];
        known->within = known->loop || outer->within || outer->beyond;
        if (known->within && known->calls >= ROUNDS)
            error = look_at_frames(looking, i);
    }
    return error;
}

static int find_loops(struct run *run, const struct images *images)
{
    struct looking looking = {
        .run = run,
        .stacks = calloc(run->stacks.count, sizeof(*looking.stacks)),
        .images = calloc(run->module_count, sizeof(struct image *)),
    };
    int error = -ENOMEM;

    if (looking.stacks && looking.images) {
        count_calls(&looking);
        choose_images(&looking, images);
        error = look_at_all(&looking);
    }
    loops_deinit(&looking.loops);
    free(looking.stacks);
    free(looking.images);
    return error;
}

int code_record(struct run *run, const struct images *images, const struct place *places,
                size_t count)
{
    int error = add_extents(run, images, places, count);

    return error ? error : find_loops(run, images);
}
