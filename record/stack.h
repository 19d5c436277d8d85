/*
 * stack.h - user stacks as values: frames from the system-call instruction out to the outermost
 * one, interned so that equal stacks are one object with one small number. They are kept as a tree:
 * a stack is its innermost frame and the stack beyond it, so that what many have in common (all
 * levels of a recursion) is there once.
 */
#ifndef SYSTRACE_STACK_H
#define SYSTRACE_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/slots.h"

/* What is special about a frame. The values are written to run files by name, never as numbers. */
enum frame_mark {
    /* The kernel's signal frame (__restore_rt): the next frame outwards was interrupted here. */
    FRAME_SIGNAL = 1 << 0,
    /* Not sure: found by a heuristic and not by unwind information, as then all frames beyond it
     * are; or between it and the next one inwards there may be another, which left by a tail call.
     */
    FRAME_INEXACT = 1 << 1,
    /* Not on the stack: a function that left by a tail call. The next frame outwards called it, or
     * another such one, which left by a tail call to it. */
    FRAME_TAIL = 1 << 2,
    /* Of the stack that made this CLONE_VM|CLONE_VFORK child, as it was in the clone call. */
    FRAME_SPAWNED_BY = 1 << 3,
    /* The start code of its module, at e_entry: what the kernel or the loader jumped to. */
    FRAME_ENTRY = 1 << 4,
    /* A tail frame that is sure: code leaves no other way from the call to the next frame inwards.
     */
    FRAME_PROVEN = 1 << 5,
};

/* How a walk ended: complete, or the reason why it is not. Written to run files by name. */
enum stack_end {
    STACK_COMPLETE,         /* reached the outermost frame */
    STACK_NO_CFI,           /* no unwind information covers the pc */
    STACK_BAD_CFI,          /* the unwind information is malformed or leads nowhere */
    STACK_UNREADABLE,       /* the stack memory it names is not mapped */
    STACK_MEMORY_DENIED,    /* the kernel refuses us the memory or the map of the process */
    STACK_UNMAPPED_PC,      /* a pc or return address lies in no executable mapping */
    STACK_TOO_DEEP,         /* more than STACK_MAX_DEPTH frames */
    STACK_CYCLE,            /* the stack pointer did not move outwards */
    STACK_UNSUPPORTED_CODE, /* 32-bit code */
    STACK_NO_MEMORY,        /* we had no memory to go on */
    STACK_ENDS              /* how many there are */
};

enum { STACK_MAX_DEPTH = 1 << 17 };

struct frame {
    uint32_t module; /* index of the module in its run (module.h) */
    uint32_t marks;  /* of enum frame_mark */
    /*
     * Where to look the frame up, a file offset of the module (the address itself in [anon]):
     * the call instruction for an ordinary frame (return address - 1), the system-call instruction
     * for the innermost, the pc for one that a signal interrupted, the target for a tail frame.
     */
    uint64_t offset;
};

/* A frame and all beyond it. */
struct stack {
    struct frame frame; /* the innermost; all 0 if depth is */
    uint32_t outer;     /* the number of the stack beyond it, less than this one's */
    uint32_t depth;     /* number of frames; 0 when not even the first is known */
    uint8_t end;        /* enum stack_end: how it ends, outwards */
    uint8_t marks;      /* of enum frame_mark: that any of the frames has */
};

/* In place of a number: */
#define NO_STACK      (-1)
#define UNKNOWN_STACK (-2) /* there is one, but it could not be taken */

/* A set of distinct stacks. The first STACK_ENDS are those without frames, numbered as their ends
 * are; the others come in the order of their coming, each behind the one beyond it. */
struct stacks {
    struct stack *stacks;
    uint32_t count;
    size_t capacity;
    struct slots slots; /* by outer and frame; not those without frames */
};

/* -ENOMEM: `stacks` is not to be used. */
int stacks_init(struct stacks *stacks);
void stacks_deinit(struct stacks *stacks);

/* The number of the stack that has this frame within the stack `outer`. -ENOMEM. */
int64_t stacks_add(struct stacks *stacks, uint32_t outer, const struct frame *frame);

/* The same of several frames, innermost first. */
int64_t stacks_add_frames(struct stacks *stacks, uint32_t outer, const struct frame *frames,
                          uint32_t depth);

/* The number of the stack of these frames, innermost first. -ENOMEM. */
static inline int64_t stacks_intern(struct stacks *stacks, const struct frame *frames,
                                    uint32_t depth, enum stack_end end)
{
    return stacks_add_frames(stacks, end, frames, depth);
}

/* The stack beyond the innermost frame of one that has frames. */
static inline const struct stack *stack_beyond(const struct stacks *stacks,
                                               const struct stack *stack)
{
    return &stacks->stacks[stack->outer];
}

/* The frames of a stack, innermost first: as many as it is deep. */
void stacks_frames(const struct stacks *stacks, uint32_t number, struct frame *ret);

/* Gives the modules of all frames the numbers that they have in `to`, by their old ones, and puts
 * the stacks in the one order that depends on nothing but what they are: by depth, then by the
 * stack beyond the innermost frame, then by that frame. `to_stacks`[old number] is the new one.
 * -ENOMEM: nothing has changed. */
int stacks_sort(struct stacks *stacks, const uint32_t *to, uint32_t *to_stacks);

/* The name of an end as run files and tables have it ("complete", "no-cfi"); its inverse, or -1. */
const char *stack_end_name(enum stack_end end);
int stack_end_parse(const char *name);

/* The name of one mark ("spawned-by"), or NULL for a value that is none; its inverse, or -1. */
const char *frame_mark_name(enum frame_mark mark);
int frame_mark_parse(const char *name);

#endif
