/* rejoin.c - from walks to trails, and back: compares the words that a trail rests on. */
#include "rejoin.h"

#include <stdlib.h>
#include <string.h>

#include "record/array.h"

enum {
    FIRST_BYTES = 1 << 12, /* compared at once, then doubled; */
    FRAME_MOST = 128,      /* if frames are larger on average, words are fewer than bytes */
};

void rejoin_begin(struct unwinder *u)
{
    u->trails = &u->space->code->trails;
    u->trail = trails_find(u->trails, u->start.all[REGISTER_SP]);
    u->trail_kept = u->trail ? u->trail->count : 0;
}

void rejoin_end(struct unwinder *u)
{
    u->trails = NULL;
    u->trail = NULL;
}

/* ---- To a trail ---- */

/* Is the word at this address what it was? */
static bool same_word(struct unwinder *u, uint64_t address, uint64_t value)
{
    uint64_t word;
    return (unwinder_peek(u, address, &word) || unwinder_read(u, address, &word)) && word == value;
}

/* Does the step from a frame lead to the next one outwards, as it did? */
static bool same_step(struct unwinder *u, const struct trail_step *step,
                      const struct trail_step *outer)
{
    return same_word(u, outer->sp + RETURN_AT_CFA, outer->ip) &&
           (!step->fp_offset || !outer->rests_on_fp ||
            same_word(u, outer->sp + (uint64_t)(int64_t)step->fp_offset, outer->fp));
}

/* Bytes of the stack as they are now and as they were when the trail was stored, from an address
 * on; NULL if they have not all been read both times. */
struct pair {
    const uint8_t *now, *then;
};

static struct pair find_pair(const struct unwinder *u, uint64_t start, uint64_t end)
{
    bool read = start >= u->stack_start && end - u->stack_start <= u->stack_size;
    bool kept = u->trail->number == u->former_trail && start >= u->former_start &&
                end - u->former_start <= u->former_size;

    if (!read || !kept)
        return (struct pair){ NULL, NULL };
    return (struct pair){ u->stack + (start - u->stack_start),
                          u->former + (start - u->former_start) };
}

/* Compares a stretch of the stack with what it was. If it is the same, so are all the steps that it
 * holds, which read words between their two frames: the first, from `from` outwards, that it does
 * not hold; else `from`. */
static uint32_t skip_same(const struct unwinder *u, uint32_t from, uint64_t size)
{
    uint64_t start = u->trail->steps[from].sp, end = u->trail->steps[0].sp;

    if (size < end - start)
        end = start + size;
    const struct pair pair = find_pair(u, start, end);
    return pair.now && !memcmp(pair.now, pair.then, end - start) ? trail_find(u->trail, end) : from;
}

/* Does each step, from `from` outwards while its frame is below `end`, find what it found? The
 * first that is not below, or *differs is set and it is the first that does not. */
static uint32_t check_steps(struct unwinder *u, uint32_t from, uint64_t end, bool *differs)
{
    const struct trail_step *steps = u->trail->steps;

    for (; from > 0 && steps[from].sp < end; from--) {
        *differs = !same_step(u, &steps[from], &steps[from - 1]);
        if (*differs)
            break;
    }
    return from;
}

/* How many of the outermost steps may be what they were: those beyond the first, from `from`
 * outwards, that is not; 0 if there is none such. */
static uint32_t same_steps(struct unwinder *u, uint32_t from)
{
    const struct trail_step *steps = u->trail->steps;
    uint64_t size = FIRST_BYTES, end = steps[0].sp;
    bool dense = (end - steps[from].sp) / from <= FRAME_MOST, differs = false;

    if (dense) /* else the frames may be on several stacks */
        unwinder_read_up_to(u, end);
    while (from > 0 && !differs) {
        uint32_t next = dense ? skip_same(u, from, size) : from;
        size = next < from ? 2 * size : FIRST_BYTES;
        from = next < from ? next
                           : check_steps(u, from, dense ? steps[from].sp + size : end, &differs);
    }
    return from;
}

/* Do the steps from there on find what they found? */
static bool leads_on(struct unwinder *u, const struct position *at, const struct trail_step *step)
{
    struct position copy = *at;
    return !step->rests_on_fp || (unwinder_find_fp(u, &copy) == STEP_OUT && copy.fp == step->fp);
}

static bool is_joined(struct unwinder *u, const struct position *at, enum trail_frame frame)
{
    uint32_t number = trail_find(u->trail, at->sp);

    if (number < TRAIL_DEPTH_MIN || number >= u->trail_kept)
        return false;
    const struct trail_step *step = &u->trail->steps[number];
    if (step->sp != at->sp || step->ip != at->ip || step->frame != frame || frame == TRAIL_OTHER ||
        step->inexact != u->inexact ||
        u->depth + u->stacks->stacks[step->beyond].depth > STACK_MAX_DEPTH ||
        !leads_on(u, at, step))
        return false;
    u->trail_kept = same_steps(u, number);
    if (u->trail_kept)
        return false;
    u->trail_kept = number + 1;
    u->joined = step->beyond;
    return true;
}

bool rejoin_trail(struct unwinder *u, const struct position *at, enum trail_frame frame)
{
    int failure = u->failure;

    if (!u->trail || u->trails != &u->space->code->trails)
        return false; /* the map has been read again */
    if (is_joined(u, at, frame))
        return true;
    u->failure = failure; /* of words that it need not read */
    return false;
}

/* ---- From a walk ---- */

static struct trail_step *add_step(struct unwinder *u)
{
    return ARRAY_ROOM(u->steps, u->step_count, u->step_capacity) ? &u->steps[u->step_count++]
                                                                 : NULL;
}

void rejoin_note_frame(struct unwinder *u, const struct position *at, enum trail_frame frame,
                       bool settled)
{
    if (!u->trails)
        return;
    u->reached = at->sp;
    if (!settled)
        u->step_count = 0;
    struct trail_step *step = add_step(u);
    if (step) /* (`beyond` is where the frames beyond it begin, as yet.) */
        *step = (struct trail_step){ .ip = at->ip,
                                     .sp = at->sp,
                                     .beyond = u->depth,
                                     .frame = (uint8_t)frame,
                                     .inexact = u->inexact };
    else
        rejoin_end(u);
}

/* Did the step read nothing but a return address, and perhaps the caller's fp, in the frame? */
static bool is_simple(const struct site *site, const struct position *from,
                      const struct position *at)
{
    uint64_t size = at->sp - from->sp, fp_from_top = -(uint64_t)(int64_t)site->row.fp_offset;

    return site->cfi == SITE_COVERED && !site->uncalled && !site->signal &&
           (site->row.kind == ROW_CFA_SP || site->row.kind == ROW_CFA_FP) && at->sp > from->sp &&
           size >= 8 && fp_from_top <= size;
}

void rejoin_note_step(struct unwinder *u, const struct site *site, bool by_row,
                      const struct position *from, const struct position *at)
{
    if (!u->trails)
        return;
    if (!by_row || !is_simple(site, from, at)) {
        u->step_count = 0;
        return;
    }
    struct trail_step *step = &u->steps[u->step_count - 1];
    step->fp_offset = site->row.fp_offset;
    step->rests_on_fp = site->row.kind == ROW_CFA_FP;
    step->fp = at->sp - (uint64_t)(int64_t)site->row.cfa_offset;
}

int64_t rejoin_add_frames(struct unwinder *u, uint32_t outer)
{
    int64_t number = outer;
    uint32_t step = u->step_count;

    for (uint32_t depth = u->depth; number >= 0; depth--) {
        while (step && u->steps[step - 1].beyond == depth)
            u->steps[--step].beyond = (uint32_t)number;
        if (!depth)
            break;
        number = stacks_add(u->stacks, (uint32_t)number, &u->frames[depth - 1]);
    }
    return number;
}

/* The piece that has been read is that on which the trail rests. */
static void keep_piece(struct unwinder *u)
{
    uint8_t *bytes = u->former;
    size_t capacity = u->former_capacity;

    u->former = u->stack;
    u->former_start = u->stack_start;
    u->former_size = u->stack_size;
    u->former_capacity = u->stack_capacity;
    u->former_trail = u->walks;
    u->stack = bytes;
    u->stack_size = 0;
    u->stack_capacity = capacity;
}

bool rejoin_store(struct unwinder *u)
{
    bool joined = u->joined != NO_STACK;
    uint32_t kept = joined ? u->trail_kept : 0;

    if (!u->trails)
        return joined;
    /* A walk that came through where a trail lies has shown that it is no more. */
    if (!joined && u->trail && u->reached >= trail_start(u->trail)) {
        trails_drop(u->trails, u->trail);
        u->trail = NULL;
    }
    bool stored = u->ended && u->step_count && kept + u->step_count >= TRAIL_DEPTH_MIN;
    if (stored) {
        trails_store(u->trails, joined ? u->trail : NULL, kept, u->steps, u->step_count, u->walks);
        keep_piece(u);
    }
    rejoin_end(u);
    return joined || stored;
}
