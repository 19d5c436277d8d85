/* call.c - decodes the few call and jump forms that name a function (Intel SDM vol. 2, CALL and
 * JMP). */
#include "call.h"

#include <stdbool.h>
#include <string.h>

static uint64_t relative(const uint8_t *displacement, uint64_t next)
{
    int32_t value;
    memcpy(&value, displacement, sizeof(value));
    return next + (uint64_t)(int64_t)value;
}

/* Is there an indirect call (FF /2) of exactly `length` bytes at `at`? rip-relative is not counted.
 */
static bool is_indirect(const uint8_t *at, size_t length)
{
    if (at[0] != 0xff || (at[1] & 0x38) != 0x10)
        return false;
    unsigned mod = at[1] >> 6, rm = at[1] & 7;
    bool sib = mod != 3 && rm == 4;
    size_t size = 2 + sib + (mod == 1 ? 1 : mod == 2 ? 4 : 0);

    if (mod == 0 && rm == 5)
        return false;
    if (mod == 0 && sib && length > 2 && (at[2] & 7) == 5)
        size += 4;
    return size == length;
}

struct call call_decode(const uint8_t bytes[static CALL_BYTES], uint64_t return_address)
{
    const uint8_t *end = bytes + CALL_BYTES;
    struct call call = { CALL_NONE, 0 };

    for (size_t length = 2; length <= 7; length++) {
        if (is_indirect(end - length, length))
            return (struct call){ CALL_INDIRECT, 0 };
    }
    if (end[-6] == 0xff && end[-5] == 0x15)
        call.kind = CALL_SLOT;
    else if (end[-5] == 0xe8)
        call.kind = CALL_DIRECT;
    if (call.kind != CALL_NONE)
        call.address = relative(end - 4, return_address);
    return call;
}

struct call call_decode_stub(const uint8_t bytes[static STUB_BYTES], uint64_t address)
{
    static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
    const uint8_t *at = bytes;

    if (!memcmp(at, endbr64, sizeof(endbr64)))
        at += sizeof(endbr64);
    if (*at == 0xf2) /* bnd */
        at++;
    if (at[0] != 0xff || at[1] != 0x25)
        return (struct call){ CALL_NONE, 0 };
    return (struct call){ CALL_SLOT, relative(at + 2, address + (uint64_t)(at + 6 - bytes)) };
}
