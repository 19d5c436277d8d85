/*
 * cursor.h - reads untrusted bytes from front to back; fails for good once it runs out of them, and
 * gives zeros from then on. Little-endian, as all x86.
 */
#ifndef SYSTRACE_CURSOR_H
#define SYSTRACE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const uint8_t *at, *end;
    bool failed;
};

static inline size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : (size_t)(c->end - c->at);
}

/* The next `size` bytes, or NULL. */
static inline const uint8_t *take(struct cursor *c, uint64_t size)
{
    if (c->failed || (size_t)(c->end - c->at) < size) {
        c->failed = true;
        return NULL;
    }
    c->at += size;
    return c->at - size;
}

/* A number of up to 8 bytes. */
static inline uint64_t take_fixed(struct cursor *c, size_t size)
{
    uint64_t value = 0;
    const uint8_t *p = take(c, size);
    if (p)
        memcpy(&value, p, size);
    return value;
}

static inline uint8_t take_u8(struct cursor *c)
{
    return (uint8_t)take_fixed(c, 1);
}

static inline uint32_t take_u32(struct cursor *c)
{
    return (uint32_t)take_fixed(c, 4);
}

/* LEB128 of at most 64 bits; *bits says how many it has. */
static inline uint64_t take_leb(struct cursor *c, unsigned *bits)
{
    uint64_t value = 0;
    uint8_t byte;

    *bits = 0;
    do {
        byte = take_u8(c);
        c->failed |= *bits >= 64;
        if (c->failed)
            return 0;
        value |= (uint64_t)(byte & 0x7f) << *bits;
        *bits += 7;
    } while (byte & 0x80);
    return value;
}

static inline uint64_t take_uleb(struct cursor *c)
{
    unsigned bits;
    return take_leb(c, &bits);
}

static inline int64_t take_sleb(struct cursor *c)
{
    unsigned bits;
    uint64_t value = take_leb(c, &bits);

    if (bits && bits < 64 && value >> (bits - 1) & 1)
        value |= UINT64_MAX << bits;
    return (int64_t)value;
}

#endif
