/* attribute.c - who asked the kernel: a search outwards from the system-call instruction. */
#include "attribute.h"

struct attribution attribution_begin(enum stack_end end)
{
    const struct attributed_life nothing = { .runtime = true };

    return (struct attribution){ .end = (uint8_t)end,
                                 .caller = ATTRIBUTE_NONE,
                                 .via = ATTRIBUTE_NONE,
                                 .signal = ATTRIBUTE_NONE,
                                 .all = nothing,
                                 .own = nothing };
}

/* The search begins at this frame now. */
static void search_from(struct attribution *a, const struct attribute_frame *frame)
{
    bool inexact = frame->marks & FRAME_INEXACT;

    if (frame->marks & FRAME_SIGNAL) {
        a->caller = a->via = ATTRIBUTE_NONE;
        a->signal = a->depth;
        a->inexact = inexact;
        a->libc_handler = false;
        return;
    }
    if (a->signal != ATTRIBUTE_NONE && a->depth == a->signal + 1)
        a->libc_handler = frame->libc;
    if (!frame->runtime) {
        /* The function that a call names may have left by a tail call to a third one. */
        a->inexact = inexact || (frame->marks & (FRAME_TAIL | FRAME_PROVEN)) == FRAME_TAIL;
        a->caller = a->depth;
        a->via = ATTRIBUTE_NONE;
        return;
    }
    if (a->caller != ATTRIBUTE_NONE && a->depth == a->caller + 1)
        a->via = a->depth;
    a->inexact |= inexact;
}

/* A matter of the process's life, not of who asks: so it looks through signal frames. */
static void live(struct attributed_life *life, uint32_t number, const struct attribute_frame *frame)
{
    if (number == life->from)
        life->load = frame->loader && frame->marks & FRAME_ENTRY;
    life->exit |= frame->exit_handler;
    life->runtime &= frame->runtime;
}

void attribution_add(struct attribution *a, const struct attribute_frame *frame)
{
    search_from(a, frame);
    live(&a->all, a->depth, frame);
    if (frame->marks & FRAME_SPAWNED_BY)
        a->own = (struct attributed_life){ .from = a->depth + 1, .runtime = true };
    else
        live(&a->own, a->depth, frame);
    a->depth++;
}

static enum phase phase_of(const struct attributed_life *life)
{
    return life->load ? PHASE_LOAD : life->exit ? PHASE_EXIT : PHASE_MAIN;
}

struct verdict attribution_verdict(const struct attribution *a, bool through_signals)
{
    struct verdict ret = { .issuer = ATTRIBUTE_NONE,
                           .caller = a->caller,
                           .via = a->via,
                           .unknown_on_stack = true,
                           .phase = PHASE_MAIN };
    if (!a->depth)
        return ret;

    ret.own = a->own.from && !a->own.runtime;
    const struct attributed_life *life = ret.own ? &a->own : &a->all;
    /* As far as the spawner's: any break is beyond. */
    bool complete = ret.own || a->end == STACK_COMPLETE;
    /* The signal frame is the last that is on the stack. */
    bool interrupted = a->signal != ATTRIBUTE_NONE && a->signal >= life->from;
    ret.issuer = a->depth - 1;
    ret.outermost = interrupted && !through_signals ? a->signal : life->from;
    ret.unknown_on_stack = !complete;
    ret.phase = phase_of(life);

    if (ret.caller != ATTRIBUTE_NONE) {
        ret.inexact = a->inexact;
    } else if (interrupted || complete) {
        /* Nobody outside the runtime asked; that is known from all the frames searched, and from
         * the signal frame at which that ended. */
        ret.caller = ret.issuer;
        ret.inexact = a->inexact || (interrupted && a->libc_handler);
    }
    return ret;
}

const char *phase_name(enum phase phase)
{
    static const char *const names[] = { "load", "main", "exit" };
    return names[phase];
}
