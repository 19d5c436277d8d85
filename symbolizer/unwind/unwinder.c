/* unwinder.c - memory and registers of the thread whose stack is walked. */
#include "unwinder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/array.h"

enum {
    STACK_PIECE_MAX = 1 << 16, /* read at once */
    STACK_MAX = 64 << 20,      /* beyond, words are read one by one; */
    STACK_AHEAD = 1 << 17, /* and so far beyond what has been read, for they may be of another */
};

/* Makes the piece of the stack `size` bytes long, if memory goes that far. */
static void read_stack(struct unwinder *u, size_t size)
{
    if (!ARRAY_ROOM_FOR(size - u->stack_size, u->stack, u->stack_size, u->stack_capacity))
        return;
    ssize_t got = u->target->read(u->target->context, u->stack_start + u->stack_size,
                                  u->stack + u->stack_size, size - u->stack_size);
    if (got > 0)
        u->stack_size += (size_t)got;
    u->stack_ends = u->stack_size < size;
    u->beyond = got < 0 ? (int)got : -EFAULT;
}

/* Makes it at least `wanted` bytes long. */
static void extend_stack(struct unwinder *u, size_t wanted)
{
    size_t size = u->stack_size ? 2 * u->stack_size : u->piece;

    while (size < wanted)
        size *= 2;
    if (size <= STACK_MAX)
        read_stack(u, size);
}

void unwinder_read_up_to(struct unwinder *u, uint64_t address)
{
    uint64_t size = address - u->stack_start;

    if (size > u->stack_size && size <= STACK_MAX && !u->stack_ends)
        read_stack(u, size);
}

bool unwinder_peek(const struct unwinder *u, uint64_t address, uint64_t *ret)
{
    uint64_t at = address - u->stack_start;

    if (u->stack_size < sizeof(*ret) || at > u->stack_size - sizeof(*ret))
        return false;
    memcpy(ret, u->stack + at, sizeof(*ret));
    return true;
}

void unwinder_learn_piece(struct unwinder *u)
{
    size_t reach = u->reach < UNWINDER_PIECE_MIN ? UNWINDER_PIECE_MIN
                   : u->reach > STACK_PIECE_MAX  ? STACK_PIECE_MAX
                                                 : u->reach;
    u->piece = reach >= u->piece ? reach : u->piece - (u->piece - reach) / 16;
}

/*
 * Reads a word that is not in the piece of the stack. Who goes on from the word before to one not
 * far behind it goes on over another stack, of which much is read then. As long as a read got: 8,
 * or why there is none.
 */
static ssize_t read_elsewhere(struct unwinder *u, uint64_t address, uint64_t *ret)
{
    struct elsewhere *e = &u->elsewhere;
    const size_t size = address - e->start < sizeof(e->bytes) ? sizeof(e->bytes) : sizeof(*ret);

    if (e->size < sizeof(*ret) || address - e->start > e->size - sizeof(*ret)) {
        ssize_t got = u->target->read(u->target->context, address, e->bytes, size);
        e->start = address;
        e->size = got < 0 ? 0 : (size_t)got;
        if (got < (ssize_t)sizeof(*ret))
            return got;
    }
    memcpy(ret, e->bytes + (address - e->start), sizeof(*ret));
    return sizeof(*ret);
}

bool unwinder_read(struct unwinder *u, uint64_t address, uint64_t *ret)
{
    uint64_t at = address - u->stack_start;

    if (at < STACK_PIECE_MAX && at + sizeof(*ret) > u->reach)
        u->reach = at + sizeof(*ret);
    if (unwinder_peek(u, address, ret))
        return true;
    if (at < u->stack_size + STACK_AHEAD && !u->stack_ends) {
        extend_stack(u, at + sizeof(*ret));
        if (unwinder_peek(u, address, ret))
            return true;
    }
    if (u->stack_ends && at <= u->stack_size && at + sizeof(*ret) > u->stack_size) {
        u->failure = u->beyond;
        return false;
    }
    ssize_t got = read_elsewhere(u, address, ret);
    if (got == sizeof(*ret))
        return true;
    u->failure = got < 0 ? (int)got : -EFAULT;
    return false;
}

size_t unwinder_words(struct unwinder *u, uint64_t address, size_t count, const uint64_t **ret)
{
    uint64_t at = address - u->stack_start, end = at + 8 * count;

    if (at % 8 || at >= STACK_PIECE_MAX || end > STACK_PIECE_MAX)
        return 0;
    u->reach = end > u->reach ? end : u->reach;
    if (end > u->stack_size)
        extend_stack(u, end);
    *ret = (const uint64_t *)(const void *)(u->stack + at);
    return at >= u->stack_size ? 0 : end > u->stack_size ? (u->stack_size - at) / 8 : count;
}

bool unwinder_complete_start(struct unwinder *u)
{
    int error = u->start_complete ? 0 : u->target->read_registers(u->target->context, &u->start);

    u->start_complete = !error;
    if (error)
        u->failure = error;
    return !error;
}

enum step unwinder_find_fp(struct unwinder *u, struct position *at)
{
    if (at->fp_known)
        return STEP_OUT;
    if (at->lost)
        return STEP_UNKNOWN;
    if (!unwinder_complete_start(u))
        return STEP_FAILED;
    at->fp = u->start.all[REGISTER_FP];
    at->fp_known = true;
    return STEP_OUT;
}

bool unwinder_lost_thread(const struct unwinder *u)
{
    const struct target *target = u->target;
    struct registerset registers;
    uint8_t byte;

    return target->read_registers ? target->read_registers(target->context, &registers) == -ESRCH
                                  : target->read(target->context, u->start.all[REGISTER_SP], &byte,
                                                 sizeof(byte)) == -ESRCH;
}
