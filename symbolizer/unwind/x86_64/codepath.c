/* codepath.c - a search for the pc, or from there for a return, by the instructions that control
 * can go to. */
#include "symbolizer/unwind/codepath.h"

#include <stdlib.h>
#include <string.h>

#include "symbolizer/unwind/functions.h"
#include "symbolizer/processor/x86_64/instruction.h"

enum {
    CODE_PIECE = 1024,      /* bytes read at once */
    FUNCTION_MAX = 1 << 17, /* bytes, both ways */
    VISITS_MAX = 8192,      /* instructions */
    FIRST_SLOTS = 512,
    WAYS_MAX = 512, /* that are still to be gone */
    DEPTH_MAX = 1 << 24,
    DEPTH_THERE = DEPTH_MAX / 2, /* for the depth at the pc, while that is not known */
};

/* What is known before an instruction. */
struct state {
    int64_t depth;  /* CFA - rsp; 0: not known */
    int64_t frame;  /* CFA - rbp; 0: rbp points to no frame */
    int64_t saved;  /* the caller's rbp is at CFA - saved; 0: it is in rbp */
    int64_t popped; /* rbp was popped from CFA - popped, and not pushed before; 0: it was not */
    bool outermost, realigned;
};

/* A place to go on from. */
struct way {
    uint64_t vaddr;
    struct state state;
};

/*
 * Ways are gone in this order: without passing a call, which may be to a function that does not
 * return; then those behind a call; then those that nothing leads to, but a jump through a table
 * may; at last those into another function, as far as those are known: a tail call, or what stands
 * behind the call of one that does not return.
 */
enum { BY_JUMP, BEHIND_CALL, BY_TABLE, INTO_ANOTHER, ORDERS };

struct search {
    const struct codepath_source *source;
    uint64_t start;
    uint64_t wanted; /* 0: a return, */
    bool wants_jump; /* a jump to wherever a register says, */
    bool wants_any;  /* or that as well as a return */
    bool lost;       /* there was code that could not be followed */
    bool has_table;
    struct state table; /* at a jump through one */
    size_t visits, slot_count;
    uint64_t *visited;   /* open-addressed; at first: */
    uint64_t code_start; /* vaddr of the piece of code that has been read */
    size_t code_size;
    size_t ways[ORDERS]; /* how many are still to be gone */
    struct buffers *buffers;
};

/* Not cleared for each search: they are large, and most searches short. */
struct buffers {
    uint64_t visited[FIRST_SLOTS];
    struct way ways[ORDERS][WAYS_MAX];
    uint8_t code[CODE_PIECE];
};

/* The bytes at `vaddr`, up to a whole instruction. */
static const uint8_t *code_at(struct search *s, uint64_t vaddr, size_t *size)
{
    if (s->code_size < INSTRUCTION_MAX || vaddr < s->code_start ||
        vaddr - s->code_start > s->code_size - INSTRUCTION_MAX) {
        s->code_start = vaddr;
        s->code_size = s->source->read(s->source->context, vaddr, s->buffers->code, CODE_PIECE);
    }
    *size = s->code_size - (vaddr - s->code_start);
    return s->buffers->code + (vaddr - s->code_start);
}

static size_t slot_of(const uint64_t *visited, size_t slot_count, uint64_t vaddr)
{
    size_t i = (size_t)((vaddr * 0x9e3779b97f4a7c15u) >> 32) % slot_count;

    while (visited[i] && visited[i] != vaddr)
        i = (i + 1) % slot_count;
    return i;
}

static bool make_room(struct search *s)
{
    size_t larger_count = 4 * s->slot_count;
    uint64_t *larger;

    if (2 * s->visits < s->slot_count)
        return true;
    if (!(larger = calloc(larger_count, sizeof(*larger)))) {
        s->lost = true;
        return false;
    }
    for (size_t i = 0; i < s->slot_count; i++) {
        if (s->visited[i])
            larger[slot_of(larger, larger_count, s->visited[i])] = s->visited[i];
    }
    if (s->visited != s->buffers->visited)
        free(s->visited);
    s->visited = larger;
    s->slot_count = larger_count;
    return true;
}

/* False: it was visited before, or there were too many visits. */
static bool visit(struct search *s, uint64_t vaddr)
{
    if (s->visits == VISITS_MAX || !make_room(s))
        return false;
    size_t i = slot_of(s->visited, s->slot_count, vaddr);
    if (s->visited[i])
        return false;
    s->visited[i] = vaddr;
    s->visits++;
    return true;
}

static bool is_another(const struct search *s, uint64_t vaddr)
{
    return vaddr != s->start && s->source->is_start(s->source->context, vaddr);
}

static void push(struct search *s, int order, uint64_t vaddr, const struct state *state)
{
    /* What another function returns to after a jump to it is the caller; what stands behind the
     * call of one that does not return is not run. */
    bool wants_return = !s->wanted && !s->wants_jump;
    if (is_another(s, vaddr) && wants_return && order != BY_JUMP)
        return;
    if (is_another(s, vaddr) && !wants_return)
        order = INTO_ANOTHER;
    if (s->ways[order] < WAYS_MAX && vaddr + FUNCTION_MAX - s->start < 2 * FUNCTION_MAX)
        s->buffers->ways[order][s->ways[order]++] = (struct way){ vaddr, *state };
    else if (order != BY_TABLE)
        s->lost = true;
}

static bool pop(struct search *s, struct way *ret)
{
    for (int order = 0; order < ORDERS; order++) {
        if (!s->ways[order] || (order == BY_TABLE && !s->has_table))
            continue;
        *ret = s->buffers->ways[order][--s->ways[order]];
        if (order == BY_TABLE)
            ret->state = s->table;
        return true;
    }
    return false;
}

/* What the instruction does to rsp. */
static int64_t new_depth(const struct instruction *i, const struct state *state)
{
    if (i->rbp == RBP_LEFT)
        return state->frame ? state->frame - 8 : 0;
    switch (i->stack) {
    case STACK_MOVED:
        return state->depth ? state->depth - i->amount : 0;
    case STACK_FROM_RBP:
        return state->frame ? state->frame - i->amount : 0;
    case STACK_LOST:
        return 0;
    case STACK_COPIED:
        return 8;
    default:
        return state->depth;
    }
}

/* What the instruction does to the state. False: that cannot be, for it takes the return address
 * off the stack. */
static bool apply(const struct instruction *i, struct state *state)
{
    bool known = i->stack == STACK_MOVED ? state->depth : state->frame;
    bool moved = i->stack == STACK_MOVED || i->stack == STACK_FROM_RBP || i->rbp == RBP_LEFT;

    if (i->rbp == RBP_POPPED && !state->saved)
        state->popped = state->depth;
    if (i->rbp == RBP_FROM_RSP)
        state->frame = state->depth ? state->depth - i->frame : 0;
    state->depth = new_depth(i, state);
    state->realigned |= i->stack == STACK_COPIED;
    if (i->rbp == RBP_PUSHED && !state->saved && !state->frame)
        state->saved = state->depth;
    else if (i->rbp == RBP_POPPED || i->rbp == RBP_LEFT)
        state->frame = state->saved = 0;
    else if (i->rbp == RBP_CLEARED && !state->saved)
        state->outermost = true;
    return state->outermost || !moved || !known ||
           (state->depth >= 8 && state->depth < DEPTH_MAX && state->frame < DEPTH_MAX &&
            state->frame > -DEPTH_MAX);
}

static bool make_path(const struct state *state, struct codepath *ret)
{
    struct row row = { .kind = ROW_OUTERMOST, .fp_offset = -(int32_t)state->saved };

    if (!state->outermost) {
        row.kind = state->depth ? ROW_CFA_SP : ROW_CFA_FP;
        row.cfa_offset = (int32_t)(state->depth ? state->depth : state->frame);
    }
    *ret = (struct codepath){ row, state->realigned };
    return state->outermost || state->depth || state->frame;
}

/* Does the function return here, or take its frame off the stack by rbp? Then its row at the pc is
 * known. */
static bool make_path_out(const struct instruction *i, const struct state *state,
                          struct codepath *ret)
{
    bool by_rbp = (i->rbp == RBP_LEFT || i->stack == STACK_FROM_RBP) && !state->frame;
    int32_t size = (int32_t)(DEPTH_THERE - state->depth) + 8;

    *ret = (struct codepath){ .row = { .kind = ROW_CFA_FP, .cfa_offset = 16, .fp_offset = -16 } };
    if (by_rbp && !state->popped)
        return true;
    ret->row = (struct row){ .kind = ROW_CFA_SP, .cfa_offset = size };
    if (state->popped)
        ret->row.fp_offset = (int32_t)(DEPTH_THERE - state->popped) - size;
    return i->flow == FLOW_RETURN && state->depth && size >= 8;
}

static bool arrived(const struct search *s, uint64_t vaddr, const struct instruction *i,
                    const struct state *state)
{
    struct codepath path;

    if (s->wanted)
        return s->wanted >= vaddr && s->wanted < vaddr + i->encoding.length;
    if (s->wants_jump)
        return i->flow == FLOW_COMPUTED || (s->wants_any && i->flow == FLOW_RETURN);
    return make_path_out(i, state, &path) && s->source->accept(s->source->context, &path);
}

/* Goes on from one place until control ends there. True: to the instruction that is wanted. */
static bool follow(struct search *s, struct way way, struct state *ret)
{
    struct instruction i;
    const uint8_t *bytes;
    size_t size;

    for (; visit(s, way.vaddr); way.vaddr += i.encoding.length) {
        if (!(bytes = code_at(s, way.vaddr, &size)) || !instruction_decode(bytes, size, &i)) {
            s->lost = true;
            return false;
        }
        uint64_t next = way.vaddr + i.encoding.length;
        if (arrived(s, way.vaddr, &i, &way.state)) {
            *ret = way.state;
            return true;
        }
        if (!apply(&i, &way.state))
            return false;
        switch (i.flow) {
        case FLOW_NEXT:
            if (!is_another(s, next))
                continue;
            push(s, BEHIND_CALL, next, &way.state);
            return false;
        case FLOW_BRANCH:
            push(s, BY_JUMP, next + (uint64_t)i.target, &way.state);
            continue;
        case FLOW_JUMP:
            push(s, BY_JUMP, next + (uint64_t)i.target, &way.state);
            push(s, BY_TABLE, next, &way.state);
            return false;
        case FLOW_CALL:
            push(s, BEHIND_CALL, next, &way.state);
            return false;
        case FLOW_COMPUTED:
            s->has_table = true;
            s->table = way.state;
            push(s, BY_TABLE, next, &way.state);
            return false;
        case FLOW_RETURN:
        case FLOW_END:
            push(s, BY_TABLE, next, &way.state);
            return false;
        }
    }
    return false;
}

/* Follows the code from s->start on. */
static bool search(struct search *s, int64_t depth, struct state *ret)
{
    struct way way = { s->start, { .depth = depth } };
    struct buffers buffers;
    bool found;

    memset(buffers.visited, 0, sizeof(buffers.visited));
    s->buffers = &buffers;
    s->visited = buffers.visited;
    s->slot_count = FIRST_SLOTS;
    do
        found = follow(s, way, ret);
    while (!found && pop(s, &way));
    if (s->visited != buffers.visited)
        free(s->visited);
    return found;
}

static size_t read_image(void *context, uint64_t address, uint8_t *buffer, size_t size)
{
    uint64_t offset;

    if (!image_offset(context, address, &offset))
        return 0;
    while (size && !image_bytes(context, offset, buffer, size))
        size /= 2; /* the end of the file */
    return size;
}

static bool is_start(void *context, uint64_t address)
{
    const struct image *image = context;
    return functions_has(image, address);
}

bool codepath_find(struct image *image, uint64_t start, uint64_t vaddr, struct codepath *ret)
{
    const struct codepath_source source = { read_image, is_start, NULL, image };
    struct search s = { .source = &source, .start = start, .wanted = vaddr };
    struct state found;

    return search(&s, 8, &found) && make_path(&found, ret);
}

bool codepath_find_jump(struct image *image, uint64_t start, struct codepath *ret)
{
    const struct codepath_source source = { read_image, is_start, NULL, image };
    struct search s = { .source = &source, .start = start, .wants_jump = true };
    struct state found;

    return search(&s, 8, &found) && make_path(&found, ret);
}

bool codepath_find_out(const struct codepath_source *source, uint64_t pc)
{
    struct search s = { .source = source, .start = pc };
    struct state found;

    /* Behind a call that does not return there may be another function. */
    return !source->is_start(source->context, pc) && search(&s, DEPTH_THERE, &found);
}

bool codepath_never_returns(const struct codepath_source *source, uint64_t pc)
{
    struct search s = { .source = source, .start = pc, .wants_jump = true, .wants_any = true };
    struct state found;

    return !search(&s, DEPTH_THERE, &found) && !s.lost && s.visits < VISITS_MAX;
}
