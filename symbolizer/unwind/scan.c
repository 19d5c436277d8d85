/* scan.c - takes words for return addresses, and follows the frames beyond them. */
#include "scan.h"

#include "symbolizer/unwind/bottom.h"
#include "symbolizer/unwind/codepaths.h"
#include "symbolizer/unwind/returns.h"
#include "symbolizer/unwind/sight.h"
#include "symbolizer/unwind/rowstep.h"

enum {
    REMOTE_WORDS = 4096, /* between code and who entered it: it may keep its tables there */
    SPILLED_MAX = 64,    /* bytes that code may have for itself on a frame that is not its own */
    TAIL_CALLS = 2,      /* that may be hidden in: */
    CHAIN_MAX = 256,     /* frames by which a return address is checked */
};

/* A scan under way. */
struct scan {
    struct unwinder *u;
    const struct site *site;
    const struct position *at;
};

bool scan_lost_frame(struct unwinder *u, const struct position *from, const struct site *site,
                     uint64_t sp, struct row *ret)
{
    uint64_t word;
    int32_t pointed = 0, named = 0;

    for (int32_t size = 8; size <= 8 * SCAN_WORDS && !named; size += 8) {
        if (!sight_look(u, from, SIGHT_FROM_SP, sp + (uint64_t)size + RETURN_AT_CFA, &word))
            break;
        const struct site *call = word ? returns_call(u, word) : NULL;
        if (!call || !call->image || call->signal)
            continue;
        if ((call->callee || call->target) && returns_may_name(call, site))
            named = size;
        else if (!call->callee && !call->target && !pointed)
            pointed = size;
    }
    *ret = (struct row){ .kind = ROW_CFA_SP,
                         .cfa_offset = named ? named : pointed,
                         .fp_offset = site->row.fp_offset };
    return named || pointed;
}

/* A row that leads outwards from a frame though fp may not be known, and notes the word that
 * decides on the step. False: there is none. */
static bool find_row(struct scan *s, const struct site *call, const struct position *at,
                     struct row *ret)
{
    uint64_t word;

    *ret = call->row;
    if (ret->kind == ROW_OUTERMOST)
        return true;
    if (ret->kind == ROW_CFA_FP && !at->fp_known &&
        !scan_lost_frame(s->u, s->at, call, at->sp, ret))
        return false;
    if (ret->kind != ROW_CFA_SP && ret->kind != ROW_CFA_FP)
        return false;
    sight_look(s->u, s->at, SIGHT_FROM_SP,
               row_return_at(ret, ret->kind == ROW_CFA_SP ? at->sp : at->fp), &word);
    return true;
}

/* What unwind information and calls say of the frames beyond a return address. */
enum chain {
    CHAIN_BROKEN,
    CHAIN_OPEN,  /* agree until it is not known how to go on, */
    CHAIN_LOOSE, /* or out to the outermost, if some functions left by tail calls, */
    CHAIN_WHOLE, /* or all */
};

/*
 * Follows the frames from the call on whose return address lies below `sp`. What an earlier call
 * left on the stack is broken somewhere, for in between it was overwritten.
 */
static enum chain follow_chain(struct scan *s, struct site *call, uint64_t sp)
{
    struct position at = { .ip = call->address + 1, .sp = sp, .lost = true };
    int tail_calls = 0;

    for (int i = 0; i < CHAIN_MAX; i++) {
        const enum chain whole = tail_calls ? CHAIN_LOOSE : CHAIN_WHOLE;
        const uint64_t before = at.sp;
        struct site coded = *call;
        if (call->cfi == SITE_ENTRY)
            return whole;
        if (call->cfi != SITE_COVERED || call->signal || !find_row(s, call, &at, &coded.row))
            return i ? CHAIN_OPEN : CHAIN_BROKEN;
        enum step step = unwinder_step(s->u, &coded, &at);
        if (step == STEP_OUTERMOST)
            return whole;
        struct site *outer = step == STEP_OUT && at.sp > before ? returns_call(s->u, at.ip) : NULL;
        if (!outer)
            return step == STEP_OUT && bottom_is_planted(s->u, at.ip) ? whole : CHAIN_BROKEN;
        tail_calls += outer->image && !outer->signal && !returns_may_name(outer, call);
        if (tail_calls > TAIL_CALLS)
            return CHAIN_BROKEN;
        call = outer;
    }
    return CHAIN_OPEN;
}

/* Has the function that the call names jumped to wherever a register said, with as much on the
 * stack as there is to its return address? Code made at run time may have put more there. */
static bool has_jumped(struct scan *s, const struct site *call, int32_t size)
{
    const struct site *target = returns_site(s->u, call->target);
    struct codepath path;

    return target && target->image &&
           codepaths_find_jump(s->u->images, target->image, target->address - target->bias,
                               &s->u->searches, &path) &&
           path.row.kind == ROW_CFA_SP && path.row.cfa_offset <= size &&
           (!s->site->image || size - path.row.cfa_offset <= SPILLED_MAX);
}

/* Can the call have led to code that nobody knows: through a pointer, or by a function that went on
 * through one? */
static bool leads_into(struct scan *s, const struct site *call, uint64_t size)
{
    return call->image && (call->target ? has_jumped(s, call, (int32_t)size) : !s->site->image);
}

uint64_t scan_caller(struct unwinder *u, const struct site *site, const struct position *at)
{
    struct scan scan = { u, site, at }, *s = &scan;
    const uint64_t sp = at->sp;
    enum chain best = CHAIN_BROKEN;
    uint64_t word, found = 0;

    for (uint64_t size = 8; size <= 8 * REMOTE_WORDS && best != CHAIN_WHOLE; size += 8) {
        if (!sight_look(s->u, s->at, SIGHT_FROM_SP, sp + size + RETURN_AT_CFA, &word))
            break;
        struct site *call = word ? returns_call(s->u, word) : NULL;
        if (!call || !leads_into(s, call, size))
            continue;
        const size_t sights = s->u->sight_count;
        enum chain chain = follow_chain(s, call, sp + size);
        if (chain <= best)
            continue;
        best = chain;
        found = size;
        if (chain == CHAIN_WHOLE) /* the walk will come there */
            s->u->sight_count = sights;
    }
    return found;
}
