/* sight.c - looks at words, notes them, and compares them. */
#include "sight.h"

#include "record/array.h"
#include "record/fnv.h"

enum {
    FRAME_MAX = 1 << 20, /* bytes of stack, to where fp points */
};

enum memo_fp sight_fp(const struct position *at)
{
    if (!at->fp_known)
        return FP_UNKNOWN;
    if (!at->fp)
        return FP_ZERO;
    return at->fp % 8 || at->fp < at->sp || at->fp - at->sp > FRAME_MAX ? FP_ASTRAY : FP_AT_FRAME;
}

static uint64_t base_of(enum sight_place place, const struct position *at)
{
    return place == SIGHT_FROM_SP ? at->sp : place == SIGHT_FROM_FP ? at->fp : 0;
}

/* Of a word that cannot be read: there a guess may end. (No code has this address.) */
#define UNREADABLE UINT64_C(1)

/* Words of no code that follow each other are one sight, and so are such that cannot be read. */
static bool extends(const struct memo_sight *last, const struct memo_sight *next)
{
    return last->place == next->place && last->word == next->word && next->word <= UNREADABLE &&
           last->place != SIGHT_MEMORY && last->at + 8 * (uint64_t)last->count == next->at;
}

static void note(struct unwinder *u, struct memo_sight sight)
{
    if (!u->settled)
        return;
    if (u->sight_count > u->step_sights && extends(&u->sights[u->sight_count - 1], &sight)) {
        u->sights[u->sight_count - 1].count++;
        return;
    }
    if (u->sight_count < MEMO_SIGHTS_MAX &&
        ARRAY_ROOM(u->sights, u->sight_count, u->sight_capacity))
        u->sights[u->sight_count++] = sight;
    else
        u->settled = false;
}

/* 0 where there is no memory: no code is called from there. */
static uint64_t see(struct unwinder *u, uint64_t address, bool *readable)
{
    uint64_t word;

    *readable = unwinder_read(u, address, &word);
    return *readable && space_has_code(u->space, word) ? word : 0;
}

bool sight_look(struct unwinder *u, const struct position *at, enum sight_place place,
                uint64_t address, uint64_t *ret)
{
    bool readable;

    if (!u->looks) {
        u->settled = false;
        return false;
    }
    u->looks--;
    *ret = see(u, address, &readable);
    note(u, (struct memo_sight){ place, 1, address - base_of(place, at),
                                 readable ? *ret : UNREADABLE });
    return readable;
}

/* A number for the code from an address on, as far as it can be read. */
static uint64_t number_code(struct unwinder *u, uint64_t address, uint32_t words)
{
    uint8_t code[8 * CODE_WORDS_MAX];
    ssize_t size = u->target->read(u->target->context, address, code, 8 * (size_t)words);

    return fnv_bytes(code, size > 0 ? (size_t)size : 0);
}

void sight_note_memory(struct unwinder *u, uint64_t address, uint32_t words)
{
    if (u->settled)
        note(u,
             (struct memo_sight){ SIGHT_MEMORY, words, address, number_code(u, address, words) });
}

void sight_forget(struct unwinder *u, uint32_t first, const struct position *at, uint64_t address)
{
    size_t kept = first;

    for (size_t i = first; i < u->sight_count; i++) {
        const struct memo_sight *s = &u->sights[i];
        bool its = s->place != SIGHT_MEMORY && s->word && base_of(s->place, at) + s->at == address;
        if (!its)
            u->sights[kept++] = *s;
    }
    u->sight_count = kept;
}

static bool same_code(struct unwinder *u, const struct memo_sight *sight)
{
    return number_code(u, sight->at, sight->count) == sight->word;
}

/* Can all of these words be read, and are none of them code? */
static bool no_code(struct unwinder *u, uint64_t address, uint32_t count)
{
    const uint64_t *words = NULL;
    const size_t in_piece = unwinder_words(u, address, count, &words);
    bool readable;
    size_t i = 0;

    while (i < in_piece && (i += space_find_code(u->space, words + i, in_piece - i)) < in_piece) {
        if (space_has_code(u->space, words[i++]))
            return false;
    }
    for (; i < count; i++) {
        if (see(u, address + 8 * i, &readable) || !readable)
            return false;
    }
    return true;
}

/* Can none of these words be read? */
static bool no_memory(struct unwinder *u, uint64_t address, uint32_t count)
{
    bool readable = false;

    for (uint32_t i = 0; i < count && !readable; i++)
        see(u, address + 8 * (uint64_t)i, &readable);
    return !readable;
}

static bool same_words(struct unwinder *u, const struct memo_sight *sight, uint64_t address)
{
    bool readable;

    switch (sight->word) {
    case 0:
        return no_code(u, address, sight->count);
    case UNREADABLE:
        return no_memory(u, address, sight->count);
    default:
        return see(u, address, &readable) == sight->word;
    }
}

bool sight_same(struct unwinder *u, const struct memo *memo, const struct memo_node *node,
                const struct position *at)
{
    bool same = !node->guessed || node->fp == sight_fp(at);

    for (uint32_t i = 0; i < node->sight_count && same; i++) {
        const struct memo_sight *s = &memo->sights[node->sights + i];
        same = s->place == SIGHT_MEMORY ? same_code(u, s)
                                        : same_words(u, s, base_of(s->place, at) + s->at);
    }
    u->failure = 0;
    return same;
}
