/* stack.c - interning of stacks: an open-addressed hash over arrays of frames. */
#include "stack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

void stacks_init(struct stacks *stacks)
{
    *stacks = (struct stacks){ 0 };
}

void stacks_deinit(struct stacks *stacks)
{
    for (uint32_t i = 0; i < stacks->count; i++)
        free(stacks->stacks[i].frames);
    free(stacks->stacks);
    free(stacks->slots);
    stacks_init(stacks);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 32;
}

static uint64_t hash_stack(const struct frame *frames, uint32_t depth, enum stack_end end)
{
    uint64_t hash = mix(depth, end);

    for (uint32_t i = 0; i < depth; i++) {
        hash = mix(hash, (uint64_t)frames[i].module << 32 | frames[i].marks);
        hash = mix(hash, frames[i].offset);
    }
    return hash;
}

static bool is_stack(const struct stack *stack, const struct frame *frames, uint32_t depth,
                     enum stack_end end)
{
    return stack->depth == depth && stack->end == end &&
           (!depth || !memcmp(stack->frames, frames, depth * sizeof(*frames)));
}

/* The slot that holds this stack, or the empty one where it belongs. There is always an empty one.
 */
static uint32_t *find_slot(const struct stacks *stacks, const struct frame *frames, uint32_t depth,
                           enum stack_end end)
{
    uint32_t mask = stacks->slot_count - 1;
    uint32_t i = (uint32_t)hash_stack(frames, depth, end) & mask;

    while (stacks->slots[i] && !is_stack(&stacks->stacks[stacks->slots[i] - 1], frames, depth, end))
        i = (i + 1) & mask;
    return &stacks->slots[i];
}

int stacks_index(struct stacks *stacks)
{
    uint32_t slot_count = 64;
    while (slot_count / 2 < stacks->capacity)
        slot_count *= 2;

    uint32_t *slots = calloc(slot_count, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    free(stacks->slots);
    stacks->slots = slots;
    stacks->slot_count = slot_count;

    for (uint32_t i = 0; i < stacks->count; i++) {
        const struct stack *stack = &stacks->stacks[i];
        *find_slot(stacks, stack->frames, stack->depth, stack->end) = i + 1;
    }
    return 0;
}

static int make_room(struct stacks *stacks)
{
    if (stacks->count < stacks->capacity)
        return 0;
    if (stacks->capacity > UINT32_MAX / 8)
        return -ENOMEM;

    uint32_t capacity = stacks->capacity ? stacks->capacity * 2 : 32;
    struct stack *grown = reallocarray(stacks->stacks, capacity, sizeof(*grown));
    if (!grown)
        return -ENOMEM;
    stacks->stacks = grown;

    uint32_t old_capacity = stacks->capacity;
    stacks->capacity = capacity;
    int error = stacks_index(stacks);
    if (error)
        stacks->capacity = old_capacity;
    return error;
}

int64_t stacks_intern(struct stacks *stacks, const struct frame *frames, uint32_t depth,
                      enum stack_end end)
{
    int error = make_room(stacks);
    if (error)
        return error;

    uint32_t *slot = find_slot(stacks, frames, depth, end);
    if (*slot)
        return *slot - 1;

    struct stack stack = { .depth = depth, .end = end };
    if (depth) {
        stack.frames = malloc(depth * sizeof(*frames));
        if (!stack.frames)
            return -ENOMEM;
        memcpy(stack.frames, frames, depth * sizeof(*frames));
    }
    stacks->stacks[stacks->count] = stack;
    *slot = ++stacks->count;
    return stacks->count - 1;
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
