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

size_t call_decode(const uint8_t bytes[static CALL_BYTES], uint64_t return_address,
                   struct call ret[static CALL_READINGS])
{
    const uint8_t *end = bytes + CALL_BYTES;
    uint64_t address = relative(end - 4, return_address);
    size_t count = 0;

    if (end[-5] == 0xe8)
        ret[count++] = (struct call){ CALL_DIRECT, address };
    if (end[-6] == 0xff && end[-5] == 0x15)
        ret[count++] = (struct call){ CALL_SLOT, address };
    for (size_t length = 2; length <= 7; length++) {
        if (is_indirect(end - length, length)) {
            ret[count++] = (struct call){ CALL_INDIRECT, 0 };
            break;
        }
    }
    return count;
}

static bool begins(const uint8_t *at, const char *start)
{
    return !memcmp(at, start, strlen(start));
}

struct call call_decode_stub(const uint8_t bytes[static STUB_BYTES], uint64_t address)
{
    const uint8_t *at = bytes;

    if (begins(at, "\xf3\x0f\x1e\xfa")) /* endbr64 */
        at += 4;
    bool load = begins(at, "\x4c\x8b\x1d"); /* mov slot(%rip),%r11 */
    if (begins(at, "\x41\xbb"))             /* mov number,%r11d */
        at += 6;
    else if (begins(at, "\xf2")) /* bnd */
        at++;
    if (!load && !begins(at, "\xff\x25")) /* jmp *slot(%rip) */
        return (struct call){ CALL_NONE, 0 };
    at += load ? 7 : 6;
    return (struct call){ CALL_SLOT, relative(at - 4, address + (uint64_t)(at - bytes)) };
}
