/* unwind.c - walks frame by frame: by rows, and to verify it by libunwind. */
#include "unwind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"
#include "symbolizer/unwind/bottom.h"
#include "symbolizer/unwind/guess.h"
#include "symbolizer/unwind/reference.h"
#include "symbolizer/unwind/rejoin.h"
#include "symbolizer/unwind/rowstep.h"
#include "symbolizer/unwind/sight.h"
#include "symbolizer/unwind/tails.h"
#include "symbolizer/unwind/site.h"
#include "symbolizer/unwind/callee.h"
#include "symbolizer/unwind/registers.h"

enum {
    STACK_CHANGES_MAX = 1024, /* they may move the stack anywhere: bounds a hostile cycle */
};

int unwinder_init(struct unwinder *u, struct images *images, struct stacks *stacks)
{
    *u = (struct unwinder){ .images = images, .stacks = stacks, .piece = UNWINDER_PIECE_MIN };
    u->path = malloc(MEMO_DEPTH_MAX * sizeof(*u->path));
    return u->path && !codepages_init(&u->code) ? reference_init(u) : -ENOMEM;
}

void unwinder_deinit(struct unwinder *u)
{
    reference_deinit(u);
    registers_deinit(&u->registers);
    codepages_deinit(&u->code);
    free(u->frames);
    free(u->stack);
    free(u->path);
    free(u->sights);
    free(u->steps);
    free(u->former);
}

/* Why a step failed. */
static enum stack_end failed_step(const struct unwinder *u)
{
    switch (-u->failure) {
    case 0:
        return STACK_BAD_CFI;
    case EPERM:
    case EACCES:
        return STACK_MEMORY_DENIED;
    case ENOMEM:
        return STACK_NO_MEMORY;
    case E2BIG:
        return STACK_TOO_DEEP;
    default:
        return STACK_UNREADABLE;
    }
}

/* False: too deep, or no memory for more; failed_step tells. */
static bool add_frame(struct unwinder *u, struct frame frame)
{
    if (u->depth == STACK_MAX_DEPTH || !ARRAY_ROOM(u->frames, u->depth, u->capacity)) {
        u->failure = u->depth == STACK_MAX_DEPTH ? -E2BIG : -ENOMEM;
        return false;
    }
    u->frames[u->depth++] = frame;
    return true;
}

/* What is known of an address; if it seems unmapped, the map is read once more before that is
 * believed. */
static struct site *find_site(struct unwinder *u, uint64_t address, bool *reread)
{
    struct site *site = site_find(u->space, u->target, address);

    if (!site && !*reread) {
        *reread = true;
        u->space->stale = true;
        if (!space_update(u->space, u->images, u->target))
            site = site_find(u->space, u->target, address);
    }
    return site;
}

/* Why there is no site of an address. */
static enum stack_end missing_site(struct unwinder *u, uint64_t address)
{
    u->failure = u->space->error;
    if (!u->failure)
        u->failure = site_failure(u->space, address);
    return u->failure ? failed_step(u) : STACK_UNMAPPED_PC;
}

/* Finds what lies between the call at `site` and the frame inside it. Between code made at run time
 * there are no tail calls of libraries; and where that cannot be read, as in a child that was
 * forked without it (MADV_DONTFORK), it is not known which call it was. 0 or a negative error. */
static int find_between(struct unwinder *u, struct site *site, const struct site *inner,
                        struct between *ret)
{
    const struct tails_context context = { u->images, u->space, u->target, &u->code };
    int error = callee_resolve(u->space, u->target, &u->code, site);

    *ret = (struct between){ .settled = true };
    if (error == -EFAULT && !site->image)
        return 0;
    return error ? error : tails_find(&context, site, inner, ret);
}

/* Adds the frames that tail calls removed. False: failed_step tells why. */
static bool enter_tails(struct unwinder *u, const struct between *between)
{
    bool sure = between->proven && !u->inexact;
    uint32_t marks = FRAME_TAIL | (sure ? FRAME_PROVEN : FRAME_INEXACT);

    for (uint32_t i = between->count; i-- > 0;) {
        if (!add_frame(u, (struct frame){ between->functions[i].module, marks,
                                          between->functions[i].offset }))
            return false;
    }
    return true;
}

/* Does a return address lead to `site` that no call left there? */
static bool is_uncalled(const struct site *site)
{
    return !site->is_call && !site->signal && !site->go;
}

/* The offset of a frame; of code that was made at run time the number of its name, if it has one.
 */
static uint64_t offset_of(struct unwinder *u, const struct site *site)
{
    const struct target *target = u->target;
    struct code *code = u->space->code;
    uint64_t number;

    if (site->image || !target->name_code)
        return site->offset;
    if (!code->has_names)
        code->names_version = target->names_version(target->context);
    code->has_names = true;
    return target->name_code(target->context, site->offset, &number) ? number : site->offset;
}

/* Enters the frame at `site`, and before it the frames that tail calls removed. `inner` is the
 * frame that it called, NULL if it called none. False: failed_step tells why. */
static bool enter(struct unwinder *u, struct site *site, const struct site *inner)
{
    bool calls = inner && (site->image || inner->image);
    struct between between = { .proven = true, .settled = true };
    int error = calls ? find_between(u, site, inner, &between) : 0;

    if (error < 0) {
        u->failure = error;
        return false;
    }
    /* (Of code made at run time the guess notes which call it is.) */
    u->settled &= !inner || ((site->call_known || !site->image) && between.settled);
    u->variable = between.variable;
    if (calls && inner->cfi == SITE_AT_END) {
        /* How it got to `inner` was inferred: sure only if the call says the same. */
        u->inexact |= site->callee != inner->start;
        between = (struct between){ .proven = true };
    }
    if (!enter_tails(u, &between))
        return false;
    u->entered++;
    u->inexact |= calls && is_uncalled(site);
    bool doubtful = !between.proven && !between.count;
    uint32_t module = site->image ? site->image->number : MODULE_ANON;
    uint32_t marks = (site->signal ? FRAME_SIGNAL : 0) | (site->entry ? FRAME_ENTRY : 0) |
                     (u->inexact || doubtful ? FRAME_INEXACT : 0);
    return add_frame(u, (struct frame){ module, marks, offset_of(u, site) });
}

/* The same on the walk by rows. */
static enum step step_and_follow(struct unwinder *u, const struct site *site, struct position *at)
{
    const struct position from = *at;
    enum step step = unwinder_step(u, site, at);

    if (step == STEP_OUT)
        registers_follow(&u->registers, site->row.kind, site->address, &from, at);
    return step;
}

/* Why there is no stepping from this site at all; STACK_COMPLETE also if there is. */
static enum stack_end dead_end(const struct site *site, bool first)
{
    switch (site->cfi) {
    case SITE_AT_END:
        return first ? STACK_COMPLETE : STACK_NO_CFI;
    case SITE_NO_CFI:
        return STACK_NO_CFI;
    case SITE_BAD_CFI:
        return STACK_BAD_CFI;
    default:
        return STACK_COMPLETE;
    }
}

/*
 * Where a walk cannot go on from `at`: the frame to which it has come may be the bottom of a
 * coroutine, whose return address was left by no call. Once glibc's runs itself (to leave by
 * uc_link), it has no return address.
 */
static enum stack_end end_outwards(struct unwinder *u, const struct site *inner,
                                   const struct position *at, enum stack_end end)
{
    if (inner && bottom_is_planted(u, at->ip)) {
        struct site *bottom = site_find(u->space, u->target, at->ip);
        const struct tails_context context = { u->images, u->space, u->target, &u->code };
        struct between between;
        u->inexact |= tails_find_started(&context, bottom, inner, &between) || !between.proven;
        return enter(u, bottom, NULL) ? STACK_COMPLETE : failed_step(u);
    }
    return inner && inner->start && bottom_is_start_context(u, inner->start) ? STACK_COMPLETE : end;
}

/*
 * Is this return address the very start of a function, and left by no call? So begin stacks that
 * are made by hand (libcoro's, on which abort() is what the first function would return to), and so
 * do profilers that let functions return to them (uftrace's mcount). What stands before it is
 * another function, which may end in a call that does not return.
 */
static bool is_made_up(struct unwinder *u, struct site *site, const struct site *inner,
                       uint64_t address)
{
    struct between between;

    if (!inner || !site->image || site->signal || site->go)
        return false;
    if (site->end != address) {
        const struct site *at =
            site->cfi == SITE_COVERED ? NULL : site_find(u->space, u->target, address);
        if (!at || at->start != address)
            return false;
    }
    return !find_between(u, site, inner, &between) && (!site->is_call || between.impossible);
}

/* What the stack pointer must do in the step from `site`, which called `inner`. (In vfork(2), in
 * the call or interrupted on the way out, the return address is in a register and the stack does
 * not move.) */
static enum memo_progress progress_of(const struct site *site, const struct site *inner)
{
    if (site->signal || site->row.kind == ROW_CODE || row_moves_stack(&site->row))
        return PROGRESS_ANY; /* the next frame may be on another stack */
    return inner ? PROGRESS_SOME : PROGRESS_NONE;
}

/* Notes for the memo that the walk has come to this frame. */
static void note_frame(struct unwinder *u, uint64_t address, const struct site *site,
                       const struct site *inner)
{
    u->settled &= u->path_depth < MEMO_DEPTH_MAX;
    if (u->settled)
        u->path[u->path_depth++] = (struct memo_node){
            .address = address,
            .row = site->row,
            .progress = (uint8_t)progress_of(site, inner),
            .uncalled = site->uncalled,
            .sights = (uint32_t)u->sight_count,
        };
    if (u->settled && u->variable) {
        sight_note_memory(u, u->variable, 1);
        u->path[u->path_depth - 1].sight_count = 1;
    }
}

/* Notes for the memo how the step outwards from the last frame was guessed, in which it had what is
 * known of fp. */
static void note_guess(struct unwinder *u, enum memo_fp fp, const struct row *row)
{
    if (!u->settled)
        return;
    struct memo_node *node = &u->path[u->path_depth - 1];
    node->guessed = true;
    node->fp = (uint8_t)fp;
    node->row = *row;
    node->sight_count = (uint32_t)u->sight_count - node->sights;
}

/* Did the step lead to an address where there is no code? */
static bool leads_nowhere(struct unwinder *u, enum step step, const struct position *at,
                          bool *reread)
{
    if (step == STEP_FAILED || step == STEP_TO_ZERO)
        return !u->failure;
    return step == STEP_OUT && !find_site(u, at->ip - 1, reread) && !u->space->error &&
           !space_find(u->space, at->ip - 1);
}

/* Guesses the step outwards, in one of three ways; its last result is noted for the memo, for it
 * says which rows did not do. */
static enum step guess(struct unwinder *u, struct site *site, guesser *by, struct position *at)
{
    struct row row = { 0 };
    u->step_sights = u->sight_count;
    enum memo_fp fp = sight_fp(at);
    enum step step = by(u, site, at, &row);
    u->settled &= u->searches > 0; /* else a path may not have been looked for */
    if (step == STEP_OUT || by == guess_step)
        note_guess(u, fp, &row);
    return step;
}

/* Guesses where the unwind information of `site` leads nowhere, or by what is lost. False: it does
 * not, or the guess does neither. */
static bool guess_instead(struct unwinder *u, struct site *site, enum step stepped,
                          const struct position *before, struct position *at, bool *reread)
{
    struct position from = *before;
    guesser *by = stepped == STEP_UNKNOWN && from.lost    ? guess_lost
                  : leads_nowhere(u, stepped, at, reread) ? guess_deeper
                                                          : NULL;

    if (!by || guess(u, site, by, &from) != STEP_OUT)
        return false;
    *at = from;
    return true;
}

/* The end of a walk that memory or the map would not have ended otherwise. */
static enum stack_end decide(struct unwinder *u, enum stack_end end)
{
    u->ended = true;
    u->decided = u->settled;
    return end;
}

/* A walk begins: nothing has been run yet. */
static void forget_emulation(struct unwinder *u)
{
    u->emulation.count = u->emulation.depth = 0;
    u->emulation.anywhere = false;
}

/* By rows, or by libunwind. */
typedef enum step stepper(struct unwinder *, const struct site *, struct position *);

/* Steps outwards from `*last`, the innermost frame, until the walk ends, and *last is the frame
 * from which no step was taken. */
static enum stack_end walk_outwards(struct unwinder *u, struct site **last, struct position at,
                                    stepper *step)
{
    struct site *site = *last;
    const struct site *inner = NULL;
    int changes = 0;
    bool reread = false;

    u->depth = u->path_depth = 0;
    u->failure = 0;
    guess_begin(u);
    forget_emulation(u);
    registers_begin(&u->registers);
    u->inexact = u->decided = u->ended = u->hard = false;
    u->settled = true;
    u->step_count = 0;
    for (bool first = true;; first = false) {
        uint64_t sp = at.sp;
        *last = site;
        enum trail_frame frame = first ? TRAIL_INNERMOST : inner ? TRAIL_CALLER : TRAIL_OTHER;
        bool settled = u->settled;
        u->settled = true;
        if (!enter(u, site, inner))
            return failed_step(u);
        if (step == step_and_follow && rejoin_trail(u, &at, frame))
            return decide(u, u->stacks->stacks[u->joined].end);
        rejoin_note_frame(u, &at, frame, u->settled && !u->variable);
        u->settled &= settled;
        note_frame(u, first ? site->address : at.ip, site, inner);
        enum stack_end end = dead_end(site, first);
        bool uncovered = end == STACK_NO_CFI;
        if ((end != STACK_COMPLETE && !uncovered) || site->cfi == SITE_ENTRY)
            return decide(u, end);
        struct position before = at;
        if (uncovered)
            unwinder_find_fp(u, &at);
        enum step stepped = uncovered ? guess(u, site, guess_step, &at) : step(u, site, &at);
        bool instead = !uncovered && guess_instead(u, site, stepped, &before, &at, &reread);
        if (instead)
            stepped = STEP_OUT;
        if (u->pending) {
            u->failure = -EINPROGRESS;
            stepped = STEP_FAILED;
        }
        switch (stepped) {
        case STEP_OUT:
            break;
        case STEP_OUTERMOST:
            return decide(u, STACK_COMPLETE);
        case STEP_UNKNOWN:
            return uncovered ? decide(u, STACK_NO_CFI) : STACK_NO_CFI;
        case STEP_TO_ZERO: /* (After a guess, or where sp is astray, it may be any word.) */
            return u->inexact || !inner ? STACK_BAD_CFI : STACK_COMPLETE;
        case STEP_FAILED:
            return failed_step(u);
        }
        enum memo_progress progress = progress_of(site, inner);
        changes += at.sp <= sp;
        if (!memo_progressed(progress, sp, at.sp) || changes > STACK_CHANGES_MAX)
            return STACK_CYCLE;
        rejoin_note_step(u, site, !uncovered && !instead && step == step_and_follow, &before, &at);
        inner = site->uncalled ? NULL : site;
        uint64_t address = site->uncalled ? at.ip : at.ip - 1;
        site = find_site(u, address, &reread);
        if (!site)
            return end_outwards(u, inner, &at, missing_site(u, address));
        if (is_made_up(u, site, inner, at.ip)) {
            end = end_outwards(u, inner, &at, STACK_NO_CFI);
            note_frame(u, at.ip, site, inner);
            rejoin_note_frame(u, &at, TRAIL_OTHER, true);
            return decide(u, end);
        }
        if (site->cfi == SITE_NO_CFI || site->cfi == SITE_AT_END) {
            end = end_outwards(u, inner, &at, STACK_NO_CFI);
            if (end != STACK_NO_CFI) {
                note_frame(u, at.ip, site, inner);
                rejoin_note_frame(u, &at, TRAIL_OTHER, true);
                return decide(u, end);
            }
        }
    }
}

/* Are there no more frames, though the walk could not go on? */
static bool is_whole(struct unwinder *u, struct site *last, enum stack_end end)
{
    if (end == STACK_COMPLETE || end == STACK_MEMORY_DENIED || end == STACK_NO_MEMORY ||
        end == STACK_TOO_DEEP || !bottom_ends_thread(u, last))
        return false;
    /* From now on it is known. */
    last->row = (struct row){ .kind = ROW_OUTERMOST };
    last->cfi = SITE_COVERED;
    return true;
}

static enum stack_end walk(struct unwinder *u, struct site *site, struct position at, stepper *step)
{
    struct site *last = site;
    enum stack_end end = walk_outwards(u, &last, at, step);

    return is_whole(u, last, end) ? STACK_COMPLETE : end;
}

static enum stack_end walk_by_reference(struct unwinder *u, struct site *site)
{
    struct position at = { u->start.all[REGISTER_PC], u->start.all[REGISTER_SP], 0, false, false };

    if (!unwinder_complete_start(u))
        return failed_step(u);
    return reference_begin(u, site) ? walk(u, site, at, reference_step) : STACK_BAD_CFI;
}

static enum stack_end walk_by_rows(struct unwinder *u, struct site *site)
{
    struct position at = { u->start.all[REGISTER_PC], u->start.all[REGISTER_SP], 0, false, false };
    enum stack_end end = walk(u, site, at, step_and_follow);

    u->hard_walks += u->hard;
    return end;
}

/* Code that was made at run time may have other names by now, and so the stacks, too. */
static void check_names(struct unwinder *u)
{
    const struct target *target = u->target;
    const struct code *code = u->space->code;

    if (!code->has_names)
        return;
    uint64_t version = target->names_version ? target->names_version(target->context) : 0;
    if (version != code->names_version)
        space_forget_stacks(u->space, version);
}

/* Makes ready for a walk, with the map as it is now. False: it is not known, and the old one may be
 * wrong. */
static bool begin(struct unwinder *u, struct space *space, const struct target *target,
                  const struct registerset *registers)
{
    u->space = space;
    u->target = target;
    u->start = *registers;
    u->start_complete = !target->read_registers;
    u->depth = 0;
    u->stack_start = u->start.all[REGISTER_SP];
    u->stack_size = u->reach = 0;
    u->stack_ends = false;
    u->elsewhere.size = 0;
    u->inexact = u->decided = u->ended = false;
    u->joined = NO_STACK;
    u->step_count = 0;
    rejoin_end(u);
    u->failure = space_update(space, u->images, target);
    if (!u->failure)
        check_names(u);
    return !u->failure;
}

/* Walks from the system-call instruction, one way or the other. */
static enum stack_end walk_by(struct unwinder *u,
                              enum stack_end (*walker)(struct unwinder *, struct site *))
{
    uint64_t address = u->start.all[REGISTER_PC] - SYSCALL_SIZE;
    bool reread = false, recorded = u->trails;

    rejoin_end(u); /* the map may be read again, and the trails be gone */
    struct site *site = find_site(u, address, &reread);
    if (!site)
        return missing_site(u, address);
    if (u->start.foreign) {
        enter(u, site, NULL);
        return STACK_UNSUPPORTED_CODE;
    }
    /* The map may be read again half-way: what the walk stands on must stay until it ends. */
    struct code *code = code_ref(u->space->code);
    if (recorded)
        rejoin_begin(u);
    enum stack_end end = walker(u, site);
    if (code != u->space->code) {
        u->decided = u->ended = false;
        rejoin_end(u);
    }
    code_unref(code);
    unwinder_learn_piece(u);
    if ((end != STACK_NO_CFI && end != STACK_BAD_CFI) || !unwinder_lost_thread(u))
        return end;
    u->decided = u->ended = false;
    u->joined = NO_STACK;
    return STACK_UNREADABLE;
}

enum stack_end unwind(struct unwinder *u, struct space *space, const struct target *target,
                      const struct registerset *registers)
{
    return begin(u, space, target, registers) ? walk_by(u, walk_by_rows) : failed_step(u);
}

enum stack_end unwind_by_reference(struct unwinder *u, struct space *space,
                                   const struct target *target, const struct registerset *registers)
{
    return begin(u, space, target, registers) ? walk_by(u, walk_by_reference) : failed_step(u);
}

enum stack_end unwind_beyond(struct unwinder *u, enum stack_end end, int64_t spawner)
{
    if (end != STACK_COMPLETE || spawner == NO_STACK)
        return end;
    if (spawner == UNKNOWN_STACK) {
        /* A spawned child's own stack does not begin where a program does. */
        bool whole = u->depth && u->frames[u->depth - 1].marks & FRAME_ENTRY;
        return whole ? STACK_COMPLETE : STACK_UNREADABLE;
    }
    const struct stack *stack = &u->stacks->stacks[spawner];
    end = stack->end;
    for (; stack->depth; stack = stack_beyond(u->stacks, stack)) {
        struct frame frame = stack->frame;
        frame.marks |= FRAME_SPAWNED_BY;
        if (!add_frame(u, frame)) {
            u->decided = false;
            return failed_step(u);
        }
    }
    return end;
}

/* Notes how the step from the frame whose site is `address` was made. */
static void follow_registers(struct unwinder *u, const struct memo_node *node, uint64_t address,
                             const struct position *from, const struct position *to)
{
    if (node->guessed)
        registers_lose(&u->registers, to);
    else
        registers_follow(&u->registers, node->row.kind, address, from, to);
}

/* Steps outwards as the node says, if that holds. */
static bool step_by_node(struct unwinder *u, const struct memo_node *node, struct position *at)
{
    const uint64_t sp = at->sp;

    if (step_by_row(u, &node->row, at) != STEP_OUT || !memo_progressed(node->progress, sp, at->sp))
        return false;
    at->lost |= node->guessed;
    return true;
}

/*
 * The node of the frame beyond the one at `node`, or MEMO_NONE; `*stack` is the number of the stack
 * if none is beyond. There may be several nodes of a frame whose caller was guessed.
 */
static uint32_t step_by_memo(struct unwinder *u, uint32_t node, uint64_t *address,
                             struct position *at, uint32_t *stack)
{
    const struct memo *memo = &u->space->code->memo;

    for (; node != MEMO_NONE; node = memo->nodes[node].other) {
        const struct memo_node *from = &memo->nodes[node];
        struct position next = *at;
        if (from->guessed)
            unwinder_find_fp(u, &next);
        if ((from->guessed || from->sight_count) && !sight_same(u, memo, from, &next))
            continue;
        if (from->stack != MEMO_NONE) {
            *stack = from->stack;
            u->leaf = node;
            return MEMO_NONE;
        }
        uint32_t beyond = step_by_node(u, from, &next) ? memo_find(memo, node, next.ip) : MEMO_NONE;
        if (beyond != MEMO_NONE) {
            follow_registers(u, from, *address, at, &next);
            *address = from->uncalled ? next.ip : next.ip - 1;
            *at = next;
            return beyond;
        }
    }
    return MEMO_NONE;
}

/* The number of the stack, if the memo leads there; else MEMO_NONE. It reads what walk() reads, but
 * goes only as far as to where a trail begins. */
static uint32_t walk_by_memo(struct unwinder *u, uint32_t root)
{
    struct position at = { u->start.all[REGISTER_PC], u->start.all[REGISTER_SP], 0, false, false };
    uint64_t address = at.ip - SYSCALL_SIZE;
    uint32_t node = memo_find(&u->space->code->memo, root, address);
    const uint64_t end = u->trail ? trail_start(u->trail) : UINT64_MAX;
    uint32_t stack = MEMO_NONE;

    forget_emulation(u);
    registers_begin(&u->registers);
    for (u->depth = 1; node != MEMO_NONE && at.sp < end; u->depth++)
        node = step_by_memo(u, node, &address, &at, &stack);
    u->depth = 0;
    return stack;
}

int64_t unwind_number(struct unwinder *u, struct space *space, const struct target *target,
                      const struct registerset *registers, int64_t spawner)
{
    uint32_t root = MEMO_ROOT + (uint32_t)(spawner - UNKNOWN_STACK);
    bool begun = begin(u, space, target, registers);

    u->leaf = MEMO_NONE;
    if (begun && spawner == NO_STACK)
        rejoin_begin(u);
    uint32_t known = begun && !registers->foreign ? walk_by_memo(u, root) : MEMO_NONE;

    if (known != MEMO_NONE) {
        u->hits++;
        unwinder_learn_piece(u);
        return known;
    }
    enum stack_end end = begun ? walk_by(u, walk_by_rows) : failed_step(u);
    if (u->failure == -EINPROGRESS)
        return u->failure;
    u->walks++;
    end = unwind_beyond(u, end, spawner);
    int64_t number = rejoin_add_frames(u, u->joined == NO_STACK ? end : (uint32_t)u->joined);
    if (number >= 0 && !rejoin_store(u) && u->decided)
        memo_add(&space->code->memo, root, u->path, u->path_depth, u->sights, (uint32_t)number);
    return number;
}
