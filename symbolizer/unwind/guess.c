/*
 * guess.c - looks for a return address: where the code must have left it, and in the stack.
 *
 * What decides is only what sight.c sees and notes, and facts about the code at a site, which are
 * kept there: so the memo can tell whether a guess would be the same again.
 */
#include "guess.h"

#include <stdlib.h>
#include <string.h>

#include "symbolizer/unwind/codepaths.h"
#include "symbolizer/unwind/codepath.h"
#include "symbolizer/unwind/functions.h"
#include "symbolizer/unwind/reference.h"
#include "symbolizer/unwind/returns.h"
#include "symbolizer/unwind/scan.h"
#include "symbolizer/unwind/sight.h"
#include "symbolizer/unwind/site.h"
#include "symbolizer/unwind/rowstep.h"
#include "symbolizer/unwind/registers.h"

enum {
    ALIGNMENT_MAX = 128,
    CALL_SIZE = 8,    /* bytes before a return address that say which call it is */
    PUSHED_MAX = 256, /* bytes that code made at run time may leave on its caller's stack */
    /* In one walk: */
    LOOKS_MAX = 1 << 16, /* at words */
    SEARCHES_MAX = 64,   /* of paths through code, that are not remembered */
};

enum likelihood { UNLIKELY, POSSIBLE, LIKELY };

/* A step under way. */
struct guess {
    struct unwinder *u;
    struct site *site;
    const struct position *at;
    uint32_t first;         /* sight of this step */
    struct position caller; /* what was found, */
    struct row row;         /* and how */
};

void guess_begin(struct unwinder *u)
{
    u->looks = LOOKS_MAX;
    u->searches = SEARCHES_MAX;
    u->sight_count = 0;
    u->pending = false;
}

static uint64_t vaddr_of(const struct site *site)
{
    return site->address - site->bias;
}

static struct guesses *guesses_of(struct site *site)
{
    if (!site->guesses)
        site->guesses = calloc(1, sizeof(*site->guesses));
    return site->guesses;
}

/* Follows the code to the site from the functions that may be the one there, the nearest first.
 * NULL: no memory. */
static const struct guesses *find_entries(struct guess *g)
{
    enum { MAX = sizeof(g->site->guesses->entries) / sizeof(*g->site->guesses->entries) };
    struct guesses *guesses = guesses_of(g->site);
    uint64_t start = vaddr_of(g->site) + 1;
    unsigned budget = MAX;

    if (!guesses || guesses->entries_known)
        return guesses;
    for (int i = 0; i < MAX && start; i++) {
        struct guess_entry *next = &guesses->entries[guesses->entry_count];
        next->start = start = function_start(g->u->images, g->site->image, start - 1);
        if (codepaths_find(g->u->images, g->site->image, start, vaddr_of(g->site), &budget,
                           &next->path))
            guesses->entry_count++;
    }
    guesses->entries_known = true;
    return guesses;
}

/* The bottom of a coroutine's stack was left by no call: it is where a function starts. */
static bool is_start(struct unwinder *u, uint64_t address)
{
    const struct site *site = returns_site(u, address);
    return site && site->start == address;
}

/* Can this be the return address of the function that the site is in, which starts at `start` (0:
 * not known)? */
static enum likelihood judge(const struct guess *g, uint64_t start, uint64_t address)
{
    const struct site *call = address ? returns_call(g->u, address) : NULL;

    if (!call)
        return address && is_start(g->u, address) ? POSSIBLE : UNLIKELY;
    /* Where a handler returns to, there is no call either. */
    return start && call->target == g->site->bias + start ? LIKELY : POSSIBLE;
}

/*
 * gcc's functions that realign the stack copy their return address to where fp's frame is, and
 * may leave up to the alignment between the two. What lies behind the true one is the caller's.
 */
static void skip_copy(struct guess *g, enum sight_place place, struct position *caller,
                      struct row *row)
{
    uint64_t word;

    for (uint64_t end = caller->sp + 8; end <= caller->sp + ALIGNMENT_MAX; end += 8) {
        if (!sight_look(g->u, g->at, place, end - 8, &word) ||
            (caller->fp >= caller->sp && caller->fp < end))
            return;
        if (word == caller->ip) {
            int32_t skipped = (int32_t)(end - caller->sp);
            row->cfa_offset += skipped;
            row->fp_offset -= row->fp_offset ? skipped : 0;
            caller->sp = end;
            return;
        }
    }
}

static enum sight_place place_of(const struct row *row)
{
    return row->kind == ROW_CFA_FP ? SIGHT_FROM_FP : SIGHT_FROM_SP;
}

/* The return address by a row, as it is seen; 0: there is none. */
static uint64_t look_at_return(const struct guess *g, const struct row *row)
{
    uint64_t base = row->kind == ROW_CFA_FP ? g->at->fp : g->at->sp, word;

    if (row->kind == ROW_CFA_FP && !g->at->fp_known)
        return 0;
    return sight_look(g->u, g->at, place_of(row), row_return_at(row, base), &word) ? word : 0;
}

/* Takes the caller's frame for found if the row leads to it. */
static bool take(struct guess *g, const struct row *row, bool realigned)
{
    struct position caller = *g->at;
    struct site coded = *g->site;
    struct row taken = *row;

    coded.row = *row;
    if (unwinder_step(g->u, &coded, &caller) != STEP_OUT)
        return false;
    if (realigned)
        skip_copy(g, place_of(row), &caller, &taken);
    g->caller = caller;
    g->row = taken;
    return true;
}

/* Steps outwards by what the instructions do from the start of the function on. */
static enum step by_code(struct guess *g)
{
    const struct guesses *guesses = find_entries(g);
    enum likelihood best = UNLIKELY;

    for (size_t i = 0; guesses && i < guesses->entry_count && best != LIKELY; i++) {
        const struct guess_entry *entry = &guesses->entries[i];
        if (entry->path.row.kind == ROW_OUTERMOST) {
            if (sight_fp(g->at) == FP_ZERO)
                return STEP_OUTERMOST;
            continue;
        }
        enum likelihood likelihood = judge(g, entry->start, look_at_return(g, &entry->path.row));
        if (likelihood > best && take(g, &entry->path.row, entry->path.realigned))
            best = likelihood;
    }
    return best == UNLIKELY ? STEP_UNKNOWN : STEP_OUT;
}

static bool may_realign(const struct site *site)
{
    for (size_t i = 0; site->guesses && i < site->guesses->entry_count; i++) {
        if (site->guesses->entries[i].path.realigned)
            return true;
    }
    return false;
}

/* The frame that fp points to: the caller's fp and the return address. */
static bool by_frame_pointer(struct guess *g)
{
    static const struct row row = { .kind = ROW_CFA_FP, .cfa_offset = 16, .fp_offset = -16 };

    return sight_fp(g->at) == FP_AT_FRAME && judge(g, 0, look_at_return(g, &row)) != UNLIKELY &&
           take(g, &row, may_realign(g->site));
}

/* The first word on the stack, below `end`, that follows a call of a function from which the code
 * leads to the site, so that just this word is its return address. */
static bool by_search(struct guess *g, uint64_t end)
{
    struct unwinder *u = g->u;
    const uint64_t sp = g->at->sp;
    uint64_t word;

    for (uint64_t i = 0; i < SCAN_WORDS && sp + 8 * i < end; i++) {
        if (!sight_look(u, g->at, SIGHT_FROM_SP, sp + 8 * i, &word))
            return false;
        const struct site *call = word ? returns_call(u, word) : NULL;
        struct codepath path;
        if (!call || !call->target ||
            !codepaths_find(u->images, g->site->image, call->target - g->site->bias,
                            vaddr_of(g->site), &u->searches, &path))
            continue;
        if (path.row.kind == ROW_CFA_SP && (uint64_t)path.row.cfa_offset == 8 * i + 8 &&
            take(g, &path.row, path.realigned))
            return true;
    }
    return false;
}

static size_t read_code(void *context, uint64_t address, uint8_t *buffer, size_t size)
{
    const struct guess *g = context;
    const struct target *target = g->u->target;
    ssize_t got = target->read(target->context, address, buffer, size);

    return got > 0 ? (size_t)got : 0;
}

static bool is_other_start(void *context, uint64_t address)
{
    const struct site *site = ((const struct guess *)context)->site;
    return site->image && functions_has(site->image, address - site->bias);
}

static bool is_made_at_run_time(struct unwinder *u, uint64_t address)
{
    const struct site *site = returns_site(u, address);
    return site && !site->image;
}

/*
 * Does a return by this row lead anywhere? Between code made at run time the stack may be some
 * words further out: where java's compiled code calls its interpreter, arguments are pushed beyond
 * the return address, which only the interpreter takes off again.
 */
static bool leads_out(struct guess *g, const struct codepath *path)
{
    if (path->row.kind == ROW_CFA_FP)
        return by_frame_pointer(g);
    for (int32_t pushed = 0; pushed <= (g->site->image ? 0 : PUSHED_MAX); pushed += 8) {
        struct row row = path->row;
        row.cfa_offset += pushed;
        uint64_t address = look_at_return(g, &row);
        if (judge(g, 0, address) != UNLIKELY && (!pushed || is_made_at_run_time(g->u, address)))
            return take(g, &row, path->realigned);
    }
    return false;
}

static bool same_path(const struct codepath *a, const struct codepath *b)
{
    return a->row.kind == b->row.kind && a->row.cfa_offset == b->row.cfa_offset &&
           a->row.fp_offset == b->row.fp_offset && a->realigned == b->realigned;
}

/* A way out that the search has come to: kept, and tried if it is a new one. */
static bool accept_exit(void *context, const struct codepath *path)
{
    enum { MAX = sizeof(((struct guesses *)0)->exits) / sizeof(struct codepath) };
    struct guess *g = context;
    struct guesses *guesses = g->site->guesses;

    for (size_t i = 0; i < guesses->exit_count; i++) {
        if (same_path(&guesses->exits[i], path))
            return false;
    }
    if (guesses->exit_count < MAX)
        guesses->exits[guesses->exit_count++] = *path;
    return leads_out(g, path);
}

/* Forgets the ways out if there is other code here now. */
static void check_exits(struct guess *g, struct guesses *guesses)
{
    uint8_t code[sizeof(guesses->code)];
    size_t size = read_code(g, g->at->ip, code, sizeof(code));

    if (size == guesses->code_size && !memcmp(code, guesses->code, size))
        return;
    guesses->exit_count = 0;
    guesses->exits_known = false;
    memcpy(guesses->code, code, size);
    guesses->code_size = size;
}

/* By what the instructions do until the function returns. */
static bool by_return(struct guess *g)
{
    const struct codepath_source source = { read_code, is_other_start, accept_exit, g };
    struct guesses *guesses = guesses_of(g->site);

    if (!guesses)
        return false;
    check_exits(g, guesses);
    if (!g->site->image)
        sight_note_memory(g->u, g->at->ip, CODE_WORDS_MAX);
    for (size_t i = 0; i < guesses->exit_count; i++) {
        if (leads_out(g, &guesses->exits[i]))
            return true;
    }
    if (guesses->exits_known)
        return false;
    if (!g->u->searches) {
        g->u->settled = false;
        return false;
    }
    g->u->searches--;
    bool found = codepath_find_out(&source, g->at->ip);
    guesses->exits_known = !found;
    return found;
}

/* By what entered the code; of fp nothing is known then. */
static bool by_scan(struct guess *g)
{
    const uint64_t size = scan_caller(g->u, g->site, g->at);
    const struct row row = { .kind = ROW_GO, .cfa_offset = (int32_t)size };

    return size && take(g, &row, false);
}

/* Where the code is a file's. */
static enum step in_image(struct guess *g)
{
    enum step step = by_code(g);

    if (step != STEP_UNKNOWN)
        return step;
    bool framed = by_frame_pointer(g);
    return by_search(g, framed ? g->caller.sp : UINT64_MAX) || framed || by_return(g) || by_scan(g)
               ? STEP_OUT
               : STEP_UNKNOWN;
}

/* The walk has come to a frame of which no more is known than this. */
static void lose(struct unwinder *u, struct position *at)
{
    at->lost = u->inexact = true;
    reference_lose(u);
    registers_lose(&u->registers, at);
}

enum step guess_step(struct unwinder *u, struct site *site, struct position *at, struct row *row)
{
    struct guess g = { .u = u, .site = site, .at = at, .first = (uint32_t)u->sight_count };
    enum step step;

    unwinder_find_fp(u, at);
    if (!site->image) /* which call it is may change */
        sight_note_memory(u, site->address + 1 - CALL_SIZE, CALL_SIZE / 8);
    if (site->image)
        step = in_image(&g);
    else
        step = by_frame_pointer(&g) || by_return(&g) || by_scan(&g) ? STEP_OUT : STEP_UNKNOWN;
    *row = g.row;
    if (step == STEP_OUT) {
        uint64_t base = g.row.kind == ROW_CFA_FP ? at->fp : at->sp;
        sight_forget(u, g.first, at, row_return_at(&g.row, base));
        *at = g.caller;
        lose(u, at);
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
    const struct site *start = site_find(u->space, u->target, site->start);

    return site->row.kind == ROW_CFA_SP && site->row.cfa_offset > 8 && start &&
           start->row.kind == site->row.kind && start->row.cfa_offset == site->row.cfa_offset;
}

enum step guess_deeper(struct unwinder *u, struct site *site, struct position *at, struct row *row)
{
    const uint32_t first = (uint32_t)u->sight_count;
    uint64_t word;

    for (int32_t i = 0; i < SCAN_WORDS && is_one_frame(u, site); i++) {
        struct row deeper = site->row;
        deeper.cfa_offset += 8 * i;
        uint64_t address = row_return_at(&deeper, at->sp);
        if (!sight_look(u, at, SIGHT_FROM_SP, address, &word))
            break;
        const struct site *call = word ? returns_call(u, word) : NULL;
        struct site deep = *site;
        struct position caller = *at;
        deep.row = deeper;
        if (!call || !leads_to(call, site) || unwinder_step(u, &deep, &caller) != STEP_OUT)
            continue;
        sight_forget(u, first, at, address);
        *at = caller;
        *row = deeper;
        lose(u, at);
        return STEP_OUT;
    }
    u->failure = 0;
    return STEP_UNKNOWN;
}

enum step guess_lost(struct unwinder *u, struct site *site, struct position *at, struct row *row)
{
    const uint32_t first = (uint32_t)u->sight_count;
    struct site found = *site;
    struct position caller = *at;

    if (site->row.kind != ROW_CFA_FP || !scan_lost_frame(u, at, site, at->sp, &found.row) ||
        unwinder_step(u, &found, &caller) != STEP_OUT) {
        u->failure = 0;
        return STEP_UNKNOWN;
    }
    sight_forget(u, first, at, caller.sp + RETURN_AT_CFA);
    *at = caller;
    *row = found.row;
    lose(u, at);
    return STEP_OUT;
}
