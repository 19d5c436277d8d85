/* callcode.c - decodes the few call and jump forms that name a function (Intel SDM vol. 2, CALL and
 * JMP). */
#include "symbolizer/processor/callcode.h"

#include <string.h>

#include "symbolizer/processor/x86_64/encoding.h"

/* Is there an indirect call of exactly `length` bytes at `at`? Through memory that is relative to
 * rip is not counted. */
static bool is_indirect(const uint8_t *at, size_t length)
{
    struct encoding e;

    return at[0] == 0xff && encoding_decode(at, length, &e) && e.length == length &&
           (e.reg & 7) == 2 && e.base != RIP;
}

size_t callcode_decode(const uint8_t bytes[static CALLCODE_BYTES], uint64_t return_address,
                       struct callcode ret[static CALLCODE_READINGS])
{
    const uint8_t *end = bytes + CALLCODE_BYTES;
    size_t count = 0;
    int32_t distance;

    memcpy(&distance, end - sizeof(distance), sizeof(distance));
    const uint64_t address = return_address + (uint64_t)(int64_t)distance;
    if (end[-5] == 0xe8)
        ret[count++] = (struct callcode){ CALLCODE_DIRECT, address };
    if (end[-6] == 0xff && end[-5] == 0x15)
        ret[count++] = (struct callcode){ CALLCODE_SLOT, address };
    for (size_t length = 2; length <= 7; length++) {
        if (is_indirect(end - length, length)) {
            ret[count++] = (struct callcode){ CALLCODE_INDIRECT, 0 };
            break;
        }
    }
    return count;
}

/* jmp *slot(%rip), or mov slot(%rip),%r11 */
static bool takes_slot(const struct encoding *e)
{
    return e->map == MAP_ONE && e->base == RIP &&
           ((e->opcode == 0xff && e->reg == 4) || (e->opcode == 0x8b && e->reg == R11));
}

/* endbr64, or mov number,%r11d */
static bool comes_before(const struct encoding *e)
{
    return (e->map == MAP_0F && e->opcode == 0x1e && e->mod == 3) ||
           (e->map == MAP_ONE && e->opcode == 0xbb && e->rm == R11);
}

/* `jmp *slot(%rip)`, with endbr64 and bnd before it or not, or with the number of the symbol in
 * %r11 (mold's); `mov slot(%rip),%r11`, by which a retpoline jumps. */
struct callcode callcode_decode_stub(const uint8_t bytes[static STUB_BYTES], uint64_t address)
{
    struct encoding e;

    for (size_t at = 0; encoding_decode(bytes + at, STUB_BYTES - at, &e); at += e.length) {
        if (takes_slot(&e))
            return (struct callcode){ CALLCODE_SLOT,
                                      address + at + e.length + (uint64_t)(int64_t)e.displacement };
        if (!comes_before(&e))
            break;
    }
    return (struct callcode){ CALLCODE_NONE, 0 };
}

/* A stub has 8 or 16 bytes. A function that is nothing but `jmp *slot(%rip)` (a library's `return
 * close(fd)` built with -fno-plt) is 6, 10 or 11 bytes long. */
bool callcode_may_be_stubs(uint64_t size)
{
    return size % 8 == 0;
}
