/*
 * trail.h - the last walks over deep stacks, a step a frame, so that the next walk over the same
 * stack need only go to where it comes to a frame of the last one: if the words that the last walk
 * read from there on are the same, so are the frames. So a recursion with a call at each level
 * costs a walk over the frames that are new at each, and a comparison of the others.
 *
 * Only steps by rows of the simplest form are on it, of which it is known what they read: a trail
 * is the outer part of a stack, from the last step that is not. Addresses alone decide on its
 * frames, as long as the code at these stays as it is. No pointers in it but to the steps.
 */
#ifndef SYSTRACE_TRAIL_H
#define SYSTRACE_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRAIL_DEPTH_MIN = 256, /* frames; stacks of fewer are left to the memo */
    TRAILS_MAX = 16,
    TRAILS_STEPS_MAX = 1 << 18, /* of all trails; the one used longest ago is forgotten first */
};

/* How a walk came to a frame. */
enum trail_frame {
    TRAIL_INNERMOST, /* it began there */
    TRAIL_CALLER,    /* by a return address */
    TRAIL_OTHER,     /* by what a signal interrupted, for example */
};

/* A frame, and the step outwards from it. */
struct trail_step {
    uint64_t ip, sp;   /* of the frame */
    uint64_t fp;       /* if rests_on_fp: its fp */
    int32_t fp_offset; /* the step has read the caller's fp there, from the caller's sp; 0: it
                           has not */
    uint32_t beyond;   /* number of the stack beyond the frame */
    uint8_t frame;     /* enum trail_frame */
    bool inexact;      /* the frames from here outwards rest on a heuristic */
    bool rests_on_fp;  /* so do these, on the fp of this one */
};

struct trail {
    struct trail_step *steps; /* the outermost first */
    uint32_t count;
    size_t capacity;
    uint64_t used;   /* when: trails.uses */
    uint64_t number; /* of the walk that it is of; given and used outside */
};

struct trails {
    struct trail *all; /* TRAILS_MAX, NULL until there is one */
    uint32_t count;
    uint64_t uses;
};

/* Forgets everything. */
void trails_deinit(struct trails *trails);

/* The trail that a deep stack with this stack pointer may lead to, or NULL. Valid until one is
 * stored or dropped. */
struct trail *trails_find(struct trails *trails, uint64_t sp);

/* Where it begins: no frame on it has a lesser stack pointer. */
static inline uint64_t trail_start(const struct trail *trail)
{
    return trail->steps[trail->count - 1].sp;
}

/* The number of the first step, from the outermost, whose frame has at most this stack pointer;
 * trail->count if none has. */
uint32_t trail_find(const struct trail *trail, uint64_t sp);

/* Forgets one. */
void trails_drop(struct trails *trails, struct trail *trail);

/*
 * Stores a walk: `count` steps, innermost first, that led to the `kept` outermost ones of a trail;
 * with NULL for that, they are all that there are. All in all there are at least TRAIL_DEPTH_MIN.
 * If `rests_on_fp` of a step is set, the step itself rests on fp. Without memory for it, nothing
 * is stored.
 */
void trails_store(struct trails *trails, struct trail *trail, uint32_t kept,
                  const struct trail_step *steps, uint32_t count, uint64_t number);

#endif
