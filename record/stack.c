/* stack.c - interning of stacks, by the stack beyond a frame, and the frame. */
#include "stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "record/module.h"

static const char *const end_names[STACK_ENDS] = {
    [STACK_COMPLETE] = "complete",
    [STACK_NO_CFI] = "no-cfi",
    [STACK_BAD_CFI] = "bad-cfi",
    [STACK_UNREADABLE] = "stack-unreadable",
    [STACK_MEMORY_DENIED] = "memory-denied",
    [STACK_UNMAPPED_PC] = "unmapped-pc",
    [STACK_TOO_DEEP] = "too-deep",
    [STACK_CYCLE] = "cycle",
    [STACK_UNSUPPORTED_CODE] = "unsupported-code",
    [STACK_NO_MEMORY] = "no-memory",
};

static const struct {
    enum frame_mark mark;
    const char *name;
} mark_names[] = {
    { FRAME_SIGNAL, "signal" },         { FRAME_INEXACT, "inexact" }, { FRAME_TAIL, "tail" },
    { FRAME_SPAWNED_BY, "spawned-by" }, { FRAME_ENTRY, "entry" },     { FRAME_PROVEN, "proven" },
};

enum { MARK_COUNT = sizeof(mark_names) / sizeof(*mark_names) };

/* (Stacks of a recursion differ in nothing but `outer`.) */
static uint64_t hash_stack(uint32_t outer, const struct frame *frame)
{
    uint64_t hash = slots_mix(outer, (uint64_t)frame->module << 32 | frame->marks);
    return slots_mix(hash, frame->offset);
}

/* By module, offset and marks. */
static int compare_frames(const struct frame *a, const struct frame *b)
{
    if (a->module != b->module)
        return a->module < b->module ? -1 : 1;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (a->marks > b->marks) - (a->marks < b->marks);
}

int stacks_init(struct stacks *stacks)
{
    *stacks = (struct stacks){ 0 };
    if (!ARRAY_ROOM_FOR(STACK_ENDS, stacks->stacks, 0, stacks->capacity))
        return -ENOMEM;
    for (; stacks->count < STACK_ENDS; stacks->count++)
        stacks->stacks[stacks->count] = (struct stack){ .end = (uint8_t)stacks->count };
    return 0;
}

void stacks_deinit(struct stacks *stacks)
{
    free(stacks->stacks);
    slots_deinit(&stacks->slots);
    *stacks = (struct stacks){ 0 };
}

int64_t stacks_add(struct stacks *stacks, uint32_t outer, const struct frame *frame)
{
    uint64_t hash = hash_stack(outer, frame);
    uint32_t found = SLOTS_FIND(i, &stacks->slots, hash,
                                stacks->stacks[i].outer == outer &&
                                    !compare_frames(&stacks->stacks[i].frame, frame));

    if (found != SLOTS_NONE)
        return found;
    if (!ARRAY_ROOM(stacks->stacks, stacks->count, stacks->capacity) ||
        slots_add(&stacks->slots, hash, stacks->count))
        return -ENOMEM;
    const struct stack *beyond = &stacks->stacks[outer];
    stacks->stacks[stacks->count] = (struct stack){
        .frame = *frame,
        .outer = outer,
        .depth = beyond->depth + 1,
        .end = beyond->end,
        .marks = (uint8_t)(beyond->marks | frame->marks),
    };
    return stacks->count++;
}

int64_t stacks_add_frames(struct stacks *stacks, uint32_t outer, const struct frame *frames,
                          uint32_t depth)
{
    int64_t number = outer;

    while (depth && number >= 0)
        number = stacks_add(stacks, (uint32_t)number, &frames[--depth]);
    return number;
}

void stacks_frames(const struct stacks *stacks, uint32_t number, struct frame *ret)
{
    const struct stack *stack = &stacks->stacks[number];

    for (; stack->depth; stack = stack_beyond(stacks, stack))
        *ret++ = stack->frame;
}

/* ---- The canonical order ---- */

struct sorting {
    const struct stack *stacks; /* as they were */
    const uint32_t *to;         /* the new numbers of those of lesser depth */
};

static int compare_stacks(const void *a, const void *b, void *opaque)
{
    const struct sorting *sorting = opaque;
    const struct stack *left = &sorting->stacks[*(const uint32_t *)a];
    const struct stack *right = &sorting->stacks[*(const uint32_t *)b];
    uint32_t l = sorting->to[left->outer], r = sorting->to[right->outer];

    return l != r ? (l < r ? -1 : 1) : compare_frames(&left->frame, &right->frame);
}

/* The numbers of the stacks in the order of their depth. ends[d] is where those of depth d end. */
static void order_by_depth(const struct stacks *stacks, uint32_t *order, uint32_t *ends)
{
    for (uint32_t i = 0; i < stacks->count; i++)
        ends[stacks->stacks[i].depth + 1]++;
    for (uint32_t depth = 1; depth <= stacks->count; depth++)
        ends[depth] += ends[depth - 1];
    for (uint32_t i = 0; i < stacks->count; i++)
        order[ends[stacks->stacks[i].depth]++] = i;
}

/* Numbers them anew, one depth after the other: so no two are compared by more than their innermost
 * frames. */
static void number_levels(const struct stack *stacks, uint32_t count, uint32_t *order,
                          const uint32_t *ends, uint32_t *to)
{
    struct sorting sorting = { stacks, to };

    for (uint32_t i = 0; i < STACK_ENDS; i++)
        to[i] = i;
    for (uint32_t depth = 1, from = STACK_ENDS; from < count; from = ends[depth++]) {
        qsort_r(order + from, ends[depth] - from, sizeof(*order), compare_stacks, &sorting);
        for (uint32_t i = from; i < ends[depth]; i++)
            to[order[i]] = i;
    }
}

static void renumber_modules(struct stacks *stacks, const uint32_t *to)
{
    for (uint32_t i = STACK_ENDS; i < stacks->count; i++)
        stacks->stacks[i].frame.module = to[stacks->stacks[i].frame.module];
}

/* Moves them to where they belong. */
static void renumber_stacks(struct stacks *stacks, const struct stack *old, const uint32_t *to)
{
    for (uint32_t i = STACK_ENDS; i < stacks->count; i++) {
        stacks->stacks[to[i]] = old[i];
        stacks->stacks[to[i]].outer = to[old[i].outer];
    }
    slots_clear(&stacks->slots);
    for (uint32_t i = STACK_ENDS; i < stacks->count; i++)
        slots_add(&stacks->slots, hash_stack(stacks->stacks[i].outer, &stacks->stacks[i].frame), i);
}

int stacks_sort(struct stacks *stacks, const uint32_t *to, uint32_t *to_stacks)
{
    uint32_t *order = calloc(stacks->count, sizeof(*order));
    uint32_t *ends = calloc((size_t)stacks->count + 2, sizeof(*ends));
    struct stack *old = calloc(stacks->count, sizeof(*old));
    int error = order && ends && old ? 0 : -ENOMEM;

    if (!error) {
        renumber_modules(stacks, to);
        memcpy(old, stacks->stacks, stacks->count * sizeof(*old));
        order_by_depth(stacks, order, ends);
        number_levels(old, stacks->count, order, ends, to_stacks);
        renumber_stacks(stacks, old, to_stacks);
    }
    free(order);
    free(ends);
    free(old);
    return error;
}

const char *stack_end_name(enum stack_end end)
{
    return end_names[end];
}

int stack_end_parse(const char *name)
{
    for (int end = 0; end < STACK_ENDS; end++)
        if (!strcmp(end_names[end], name))
            return end;
    return -1;
}

const char *frame_mark_name(enum frame_mark mark)
{
    for (int i = 0; i < MARK_COUNT; i++)
        if (mark_names[i].mark == mark)
            return mark_names[i].name;
    return NULL;
}

int frame_mark_parse(const char *name)
{
    for (int i = 0; i < MARK_COUNT; i++)
        if (!strcmp(mark_names[i].name, name))
            return mark_names[i].mark;
    return -1;
}
