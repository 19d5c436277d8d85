/* bottom.c - looks at the code where a walk cannot go on. */
#include "bottom.h"

#include <string.h>

#include "symbolizer/unwind/codepath.h"
#include "symbolizer/processor/knowncode.h"
#include "symbolizer/unwind/site.h"
#include "symbolizer/unwind/callee.h"

enum { CODE_SIZE = 64 }; /* of which the end of a thread is a part */

static size_t read_code(void *context, uint64_t address, uint8_t *buffer, size_t size)
{
    const struct target *target = ((const struct unwinder *)context)->target;
    ssize_t got = target->read(target->context, address, buffer, size);

    return got > 0 ? (size_t)got : 0;
}

static bool is_start(void *context, uint64_t address)
{
    (void)context, (void)address;
    return false;
}

/* Known by its first instructions, for no symbol table but the debug file's has it. */
bool bottom_is_start_context(struct unwinder *u, uint64_t address)
{
    const struct knowncode *start = &knowncode_start_context;
    uint8_t code[sizeof(start->bytes)];

    return read_code(u, address, code, start->size) == start->size &&
           !memcmp(code, start->bytes, start->size);
}

/* Is there no call before the address? One that cannot be read may be one. */
static bool is_uncalled(struct unwinder *u, uint64_t address)
{
    struct site *call = site_find(u->space, u->target, address - 1);

    return !call || (!callee_resolve(u->space, u->target, &u->code, call) && !call->is_call);
}

bool bottom_is_planted(struct unwinder *u, uint64_t address)
{
    const struct codepath_source source = { read_code, is_start, NULL, u };
    const struct site *bottom = site_find(u->space, u->target, address);

    if (!bottom || !bottom->image)
        return false;
    if (bottom->start == address && bottom_is_start_context(u, address))
        return true;
    return !bottom->signal && is_uncalled(u, address) && codepath_never_returns(&source, address);
}

/* The number of a system call that the instruction before an address loads; -1: none. */
static int number_before(struct unwinder *u, uint64_t address)
{
    uint8_t code[KNOWNCODE_BEFORE];

    return read_code(u, address - sizeof(code), code, sizeof(code)) == sizeof(code)
               ? knowncode_number(code)
               : -1;
}

bool bottom_ends_thread(struct unwinder *u, const struct site *site)
{
    uint8_t code[CODE_SIZE];
    const bool innermost = u->depth == 1;
    const uint64_t from = innermost || site->uncalled ? site->address : site->address + 1;
    size_t size = read_code(u, from, code, sizeof(code));

    return knowncode_ends_thread(code, size, innermost ? number_before(u, from) : -1);
}
