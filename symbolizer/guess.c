/* guess.c - looks for a return address: where the code must have left it, and in the stack. */
#include "guess.h"

#include <stdlib.h>

#include "symbolizer/functions.h"

enum {
    FRAME_MAX = 1 << 20, /* bytes of stack, to where %rbp points */
    ALIGNMENT_MAX = 128,
    WORDS_MAX = 512,  /* of the stack, in which a return address is looked for */
    PUSHED_MAX = 256, /* bytes that code made at run time may leave on its caller's stack */
    /* In one walk: */
    GUESSES_MAX = 1024,
    SEARCHES_MAX = 64, /* of paths through code, that are not remembered */
    /* In one address space, of which words on the stack may make new ones. What they point to the
     * program decides, and the sites stay. */
    SITES_MAX = 1 << 17,
};

enum likelihood { UNLIKELY, POSSIBLE, LIKELY };

static uint64_t vaddr_of(const struct site *site)
{
    return site->address - site->bias;
}

/* Fills in the rows at `site` for the functions that may be the one there, the nearest first. NULL:
 * no memory. */
static const struct guesses *find_guesses(struct unwinder *u, struct site *site)
{
    enum { MAX = sizeof(site->guesses->all) / sizeof(*site->guesses->all) };
    uint64_t start = vaddr_of(site) + 1;

    if (site->guesses || !(site->guesses = calloc(1, sizeof(*site->guesses))))
        return site->guesses;
    for (int i = 0; i < MAX && start; i++) {
        struct guess *next = &site->guesses->all[site->guesses->count];
        next->start = start = function_start(u->images, site->image, start - 1);
        if (start && codepath_find(site->image, start, vaddr_of(site), &next->path))
            site->guesses->count++;
    }
    return site->guesses;
}

/* What is known of the code that a word on the stack points to; NULL if it is not one. */
static struct site *find_site(struct unwinder *u, uint64_t address)
{
    if (!space_find(u->space, address))
        return NULL;
    return u->space->code->site_count < SITES_MAX ? space_site(u->space, address)
                                                  : space_known_site(u->space, address);
}

/* The call that ends at an address; NULL if there is none, as far as can be known. */
static struct site *find_call(struct unwinder *u, uint64_t address)
{
    struct site *call = find_site(u, address - 1);

    if (!call || call->signal || !call->image)
        return call;
    return !space_resolve_call(u->space, u->target, &u->code, call) && call->is_call ? call : NULL;
}

/* The bottom of a coroutine's stack was left by no call: it is where a function starts. */
static bool is_start(struct unwinder *u, uint64_t address)
{
    const struct site *site = find_site(u, address);
    return site && site->start == address;
}

/* Can this be the return address of the function that `site` is in, which starts at `start` (0: not
 * known)? */
static enum likelihood judge(struct unwinder *u, const struct site *site, uint64_t start,
                             uint64_t address)
{
    const struct site *call = find_call(u, address);

    if (!call)
        return is_start(u, address) ? POSSIBLE : UNLIKELY;
    /* Where a handler returns to, there is no call; and code made at run time is not looked at. */
    return start && call->target == site->bias + start ? LIKELY : POSSIBLE;
}

/*
 * gcc's functions that realign the stack copy their return address to where %rbp's frame is, and
 * may leave up to the alignment between the two. What lies behind the true one is the caller's.
 */
static void skip_copy(struct unwinder *u, struct position *caller)
{
    uint64_t word;

    for (uint64_t end = caller->sp + 8; end <= caller->sp + ALIGNMENT_MAX; end += 8) {
        if (!unwinder_read(u, end - 8, &word) || (caller->bp >= caller->sp && caller->bp < end))
            return;
        if (word == caller->ip) {
            caller->sp = end;
            return;
        }
    }
}

/* Steps outwards as the path says. */
static enum step follow(struct unwinder *u, const struct site *site, const struct codepath *path,
                        struct position *at)
{
    struct site coded = *site;

    coded.row = path->row;
    enum step step = unwinder_step(u, &coded, at);
    if (step == STEP_OUT && path->realigned)
        skip_copy(u, at);
    return step;
}

/* Steps outwards by what the instructions do from the start of the function on. */
static enum step by_code(struct unwinder *u, struct site *site, const struct position *at,
                         struct position *ret)
{
    const struct guesses *guesses = find_guesses(u, site);
    enum likelihood best = UNLIKELY;

    for (size_t i = 0; guesses && i < guesses->count && best != LIKELY; i++) {
        struct position caller = *at;
        enum step step = follow(u, site, &guesses->all[i].path, &caller);
        if (step == STEP_OUTERMOST && at->bp_known && !at->bp)
            return step;
        enum likelihood likelihood =
            step == STEP_OUT ? judge(u, site, guesses->all[i].start, caller.ip) : UNLIKELY;
        if (likelihood > best) {
            best = likelihood;
            *ret = caller;
        }
    }
    return best == UNLIKELY ? STEP_UNKNOWN : STEP_OUT;
}

/* The frame that %rbp points to: the caller's %rbp and the return address. */
static bool by_frame_pointer(struct unwinder *u, const struct site *site, const struct position *at,
                             struct position *ret)
{
    struct position caller = { .sp = at->bp + 16, .bp_known = true };

    if (!at->bp_known || at->bp % 8 || at->bp < at->sp || at->bp - at->sp > FRAME_MAX ||
        !unwinder_read(u, at->bp, &caller.bp) || !unwinder_read(u, at->bp + 8, &caller.ip) ||
        judge(u, site, 0, caller.ip) == UNLIKELY)
        return false;
    skip_copy(u, &caller);
    *ret = caller;
    return true;
}

/* The first word on the stack, below `end`, that follows a call of a function from which the code
 * leads to `site`, so that just this word is its return address. */
static bool by_search(struct unwinder *u, struct site *site, const struct position *at,
                      uint64_t end, struct position *ret)
{
    uint64_t word;

    for (uint64_t i = 0; i < WORDS_MAX && at->sp + 8 * i < end; i++) {
        if (!unwinder_read(u, at->sp + 8 * i, &word))
            return false;
        const struct site *call = find_call(u, word);
        struct codepath path;
        if (!call || !call->target || u->searches++ >= SEARCHES_MAX ||
            !codepath_find(site->image, call->target - site->bias, vaddr_of(site), &path))
            continue;
        *ret = *at;
        if (follow(u, site, &path, ret) == STEP_OUT && ret->sp == at->sp + 8 * i + 8)
            return true;
    }
    return false;
}

/* A step under way. */
struct stepping {
    struct unwinder *u;
    struct site *site;
    const struct position *at;
    struct position *ret;
};

static size_t read_code(void *context, uint64_t address, uint8_t *buffer, size_t size)
{
    const struct stepping *s = context;
    const struct target *target = s->u->target;
    ssize_t got = target->read(target->context, address, buffer, size);

    return got > 0 ? (size_t)got : 0;
}

static bool is_other_start(void *context, uint64_t address)
{
    const struct site *site = ((const struct stepping *)context)->site;
    return site->image && functions_has(&site->image->functions, address - site->bias);
}

static bool is_made_at_run_time(struct unwinder *u, uint64_t address)
{
    const struct region *region = space_find(u->space, address);
    return region && !region->image;
}

/*
 * Does a return by this row lead anywhere? Between code made at run time the stack may be some
 * words further out: where java's compiled code calls its interpreter, arguments are pushed beyond
 * the return address, which only the interpreter takes off again.
 */
static bool accept_return(void *context, const struct codepath *path)
{
    const struct stepping *s = context;

    if (path->row.kind == ROW_CFA_RBP)
        return by_frame_pointer(s->u, s->site, s->at, s->ret);
    for (uint64_t pushed = 0; pushed <= (s->site->image ? 0 : PUSHED_MAX); pushed += 8) {
        struct position caller = *s->at;
        caller.sp += pushed;
        if (follow(s->u, s->site, path, &caller) != STEP_OUT)
            return false;
        if (judge(s->u, s->site, 0, caller.ip) != UNLIKELY &&
            (!pushed || is_made_at_run_time(s->u, caller.ip))) {
            *s->ret = caller;
            return true;
        }
    }
    return false;
}

/* By what the instructions do until the function returns. */
static bool by_return(struct unwinder *u, struct site *site, const struct position *at,
                      struct position *ret)
{
    struct stepping stepping = { u, site, at, ret };
    const struct codepath_source source = { read_code, is_other_start, accept_return, &stepping };

    return u->searches++ < SEARCHES_MAX && codepath_find_out(&source, at->ip);
}

enum step guess_step(struct unwinder *u, struct site *site, struct position *at)
{
    struct position found;
    enum step step = STEP_UNKNOWN;

    if (u->guesses++ >= GUESSES_MAX)
        return STEP_UNKNOWN;
    unwinder_find_bp(u, at);
    if (site->image)
        step = by_code(u, site, at, &found);
    if (step == STEP_UNKNOWN) {
        bool framed = by_frame_pointer(u, site, at, &found);
        struct position searched;
        if (framed)
            step = STEP_OUT;
        if (site->image && by_search(u, site, at, framed ? found.sp : UINT64_MAX, &searched)) {
            found = searched;
            step = STEP_OUT;
        }
        if (step == STEP_UNKNOWN && by_return(u, site, at, &found))
            step = STEP_OUT;
    }
    if (step == STEP_OUT) {
        *at = found;
        at->lost = u->inexact = true;
        u->reference.state = REFERENCE_LOST;
        registers_lose(&u->registers, at);
    }
    u->failure = 0; /* that a word cannot be read is no failure of the walk */
    return step;
}

/* Does the call lead to the code of the same unwind entry, or from elsewhere to its library (which
 * goes there by a tail call)? */
static bool leads_to(const struct site *call, const struct site *site)
{
    return (call->target >= site->start && call->target < site->end) ||
           (call->callee && call->callee_image == site->image && call->image != site->image);
}

/* Does the unwind entry say the same from its start on, where functions have nothing but the return
 * address on the stack? */
static bool is_one_frame(struct unwinder *u, const struct site *site)
{
    const struct site *start = space_site(u->space, site->start);

    return site->row.kind == ROW_CFA_RSP && site->row.cfa_offset > 8 && start &&
           start->row.kind == site->row.kind && start->row.cfa_offset == site->row.cfa_offset;
}

enum step guess_deeper(struct unwinder *u, const struct site *site, struct position *at)
{
    uint64_t word;

    for (uint64_t i = 0; i < WORDS_MAX && is_one_frame(u, site); i++) {
        struct position caller = *at;
        caller.sp += 8 * i;
        if (!unwinder_read(u, caller.sp + (uint64_t)(int64_t)site->row.cfa_offset - 8, &word))
            break;
        const struct site *call = find_call(u, word);
        if (!call || !leads_to(call, site) || unwinder_step(u, site, &caller) != STEP_OUT)
            continue;
        *at = caller;
        at->lost = u->inexact = true;
        u->reference.state = REFERENCE_LOST;
        registers_lose(&u->registers, at);
        return STEP_OUT;
    }
    u->failure = 0;
    return STEP_UNKNOWN;
}
