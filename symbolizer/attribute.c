/* attribute.c - who asked the kernel: a search outwards from the system-call instruction. */
#include "attribute.h"

/* Frames of the stack itself: without the spawner's, if a frame inside them already names a caller.
 */
static uint32_t own_depth(const struct attribute_frame *frames, uint32_t depth)
{
    bool all_runtime = true;

    for (uint32_t i = 0; i < depth; i++) {
        if (frames[i].marks & FRAME_SPAWNED_BY)
            return all_runtime ? depth : i;
        all_runtime &= frames[i].runtime;
    }
    return depth;
}

/* The number of frames that can have asked: up to the first signal frame, or all. */
static uint32_t before_signal(const struct attribute_frame *frames, uint32_t depth)
{
    uint32_t i = 0;

    while (i < depth && !(frames[i].marks & FRAME_SIGNAL))
        i++;
    return i;
}

static uint32_t first_caller(const struct attribute_frame *frames, uint32_t searched)
{
    for (uint32_t i = 0; i < searched; i++)
        if (!frames[i].runtime)
            return i;
    return ATTRIBUTE_NONE;
}

static bool any_inexact(const struct attribute_frame *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (frames[i].marks & FRAME_INEXACT)
            return true;
    return false;
}

/* A matter of the process's life, not of who asks: so it looks through signal frames. */
static enum phase phase_of(const struct attribute_frame *frames, uint32_t depth)
{
    const struct attribute_frame *outermost = &frames[depth - 1];

    if (outermost->loader && outermost->marks & FRAME_ENTRY)
        return PHASE_LOAD;
    for (uint32_t i = 0; i < depth; i++)
        if (frames[i].exit_handler)
            return PHASE_EXIT;
    return PHASE_MAIN;
}

struct attribution attribute(const struct attribute_frame *frames, uint32_t depth,
                             enum stack_end end, bool through_signals)
{
    struct attribution ret = { .issuer = ATTRIBUTE_NONE,
                               .caller = ATTRIBUTE_NONE,
                               .via = ATTRIBUTE_NONE,
                               .unknown_on_stack = true,
                               .phase = PHASE_MAIN };
    if (!depth)
        return ret;

    uint32_t own = own_depth(frames, depth);
    if (own < depth)
        end = STACK_COMPLETE; /* as far as the spawner's: any break is beyond */
    depth = own;
    uint32_t searched = before_signal(frames, depth);
    bool interrupted = searched < depth; /* the signal frame is the last that is on the stack */
    ret.issuer = 0;
    ret.extent = interrupted && !through_signals ? searched + 1 : depth;
    ret.unknown_on_stack = end != STACK_COMPLETE;
    ret.phase = phase_of(frames, depth);

    ret.caller = first_caller(frames, searched);
    if (ret.caller != ATTRIBUTE_NONE) {
        ret.via = ret.caller ? ret.caller - 1 : ATTRIBUTE_NONE;
        /* The function that a call names may have left by a tail call to a third one. */
        ret.inexact = any_inexact(frames, ret.caller + 1) ||
                      (frames[ret.caller].marks & (FRAME_TAIL | FRAME_PROVEN)) == FRAME_TAIL;
    } else if (interrupted || end == STACK_COMPLETE) {
        /* Nobody outside the runtime asked; that is known from all the frames searched, and from
         * the signal frame at which that ended. */
        ret.caller = ret.issuer;
        ret.inexact = any_inexact(frames, searched + interrupted) ||
                      (interrupted && searched && frames[searched - 1].libc);
    }
    return ret;
}

const char *phase_name(enum phase phase)
{
    static const char *const names[] = { "load", "main", "exit" };
    return names[phase];
}
