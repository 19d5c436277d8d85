/* fnv.h - hashes of bytes (FNV-1a, 64 bits). */
#ifndef SYSTRACE_FNV_H
#define SYSTRACE_FNV_H

#include <stddef.h>
#include <stdint.h>

#define FNV_START UINT64_C(0xcbf29ce484222325)

static inline uint64_t fnv_add(uint64_t hash, uint8_t byte)
{
    return (hash ^ byte) * UINT64_C(0x100000001b3);
}

static inline uint64_t fnv_bytes(const uint8_t *bytes, size_t size)
{
    uint64_t hash = FNV_START;

    for (size_t i = 0; i < size; i++)
        hash = fnv_add(hash, bytes[i]);
    return hash;
}

#endif
