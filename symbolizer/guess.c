/* guess.c - looks for a return address: by the frame pointer, and in the words of the stack. */
#include "guess.h"

#include <string.h>

enum {
    FUNCTION_MAX = 1 << 16, /* bytes of code */
    FRAME_MAX = 1 << 20,    /* bytes of stack, to where %rbp points */
    ALIGNMENT_MAX = 128,
    PROLOGUE_MAX = 32,
    WORDS_MAX = 512,   /* of the stack, in which a return address is looked for */
    SEARCHES_MAX = 64, /* in one walk */
};

enum likelihood { UNLIKELY, POSSIBLE, LIKELY };

/* Does the call name the function that `site` is in? None that is known of starts between the
 * two. */
static bool names_function_at(struct unwinder *u, const struct site *call, const struct site *site)
{
    return call->target && site->image && call->target <= site->address &&
           site->address - call->target < FUNCTION_MAX &&
           space_find(u->space, call->target) == space_find(u->space, site->address) &&
           call->target >=
               site->bias + image_function(u->images, site->image, site->address - site->bias);
}

/* The bottom of a coroutine's stack was left by no call: it is where a function starts. */
static bool is_start(struct unwinder *u, uint64_t word)
{
    const struct site *site = space_site(u->space, word);
    return site && site->start == word;
}

/* Can this word be the return address of the function that `site` is in? */
static enum likelihood judge(struct unwinder *u, const struct site *site, uint64_t word)
{
    struct site *call = space_find(u->space, word - 1) ? space_site(u->space, word - 1) : NULL;

    if (!call)
        return UNLIKELY;
    if (call->signal) /* a handler returns there */
        return LIKELY;
    if (!call->image) /* code made at run time is not looked at */
        return POSSIBLE;
    if (space_resolve_call(u->space, u->target, call) < 0 || !call->is_call)
        return is_start(u, word) ? POSSIBLE : UNLIKELY;
    return names_function_at(u, call, site) ? LIKELY : POSSIBLE;
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

/* The frame that %rbp points to: the caller's %rbp and the return address. */
static enum likelihood by_frame_pointer(struct unwinder *u, const struct site *site,
                                        struct position *at)
{
    struct position caller = { .sp = at->bp + 16, .bp_known = true, .lost = true };

    if (at->bp % 8 || at->bp < at->sp || at->bp - at->sp > FRAME_MAX ||
        !unwinder_read(u, at->bp, &caller.bp) || !unwinder_read(u, at->bp + 8, &caller.ip))
        return UNLIKELY;
    *at = caller;
    skip_copy(u, at);
    return judge(u, site, caller.ip);
}

/* The first word on the stack that follows a call of this very function. */
static bool by_search(struct unwinder *u, const struct site *site, struct position *at)
{
    uint64_t word;

    if (u->searches++ >= SEARCHES_MAX)
        return false;
    for (uint64_t i = 0; i < WORDS_MAX && unwinder_read(u, at->sp + 8 * i, &word); i++) {
        if (judge(u, site, word) == LIKELY) {
            at->ip = word;
            at->sp += 8 * i + 8;
            at->lost = true;
            return true;
        }
    }
    return false;
}

/* Does the function at `site` set up %rbp, as far as can be known? */
static bool is_framed(struct unwinder *u, struct site *site)
{
    static const uint8_t push_and_move[] = { 0x55, 0x48, 0x89, 0xe5 }; /* %rbp; %rsp to it */
    uint8_t code[PROLOGUE_MAX];

    if (site->framed != FRAMED_UNKNOWN || !site->image)
        return site->framed == FRAMED;
    uint64_t start = image_function(u->images, site->image, site->address - site->bias);
    ssize_t got =
        start ? u->target->read(u->target->context, site->bias + start, code, sizeof(code)) : -1;
    site->framed = FRAMELESS;
    for (ssize_t i = 0; i + (ssize_t)sizeof(push_and_move) <= got; i++) {
        if (!memcmp(code + i, push_and_move, sizeof(push_and_move)))
            site->framed = FRAMED;
    }
    return site->framed == FRAMED;
}

bool guess_caller(struct unwinder *u, struct site *site, struct position *at)
{
    bool has_bp = unwinder_find_bp(u, at) == STEP_OUT;
    struct position framed = *at;
    enum likelihood likelihood = has_bp ? by_frame_pointer(u, site, &framed) : UNLIKELY;
    bool sure = likelihood == LIKELY || (likelihood == POSSIBLE && is_framed(u, site));
    bool found = !sure && by_search(u, site, at);

    if (!found && likelihood != UNLIKELY) {
        *at = framed;
        found = true;
    }
    u->failure = 0; /* that a word cannot be read is no failure of the walk */
    return found;
}
