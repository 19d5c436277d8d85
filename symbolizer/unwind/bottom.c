/* bottom.c - looks at the code where a walk cannot go on. */
#include "bottom.h"

#include <string.h>
#include <sys/syscall.h>

#include "symbolizer/unwind/codepath.h"
#include "symbolizer/processor/x86_64/instruction.h"
#include "symbolizer/unwind/site.h"
#include "symbolizer/unwind/callee.h"

enum {
    CODE_SIZE = 64, /* of which the end of a thread is a part */
    END_MAX = 8,    /* instructions */
};

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

/* Known by its first instructions (mov %rbx,%rsp; mov (%rsp),%rdi: since glibc 2.3), for no symbol
 * table but the debug file's has it. */
bool bottom_is_start_context(struct unwinder *u, uint64_t address)
{
    static const uint8_t start_context[] = { 0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24 };
    uint8_t code[sizeof(start_context)];

    return read_code(u, address, code, sizeof(code)) == sizeof(code) &&
           !memcmp(code, start_context, sizeof(code));
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

/* What the instruction puts into eax, if that is a number; else -1. */
static int number_to_eax(const struct encoding *e)
{
    if (e->map != MAP_ONE || e->mod != 3 || e->rm != RAX || e->reg || e->operand16)
        return -1;
    if (e->opcode == 0xb0) /* mov number, al; where the rest was cleared before */
        return (uint8_t)e->immediate;
    return e->opcode == 0xb8 || e->opcode == 0xc7 ? (int)e->immediate : -1; /* or all of it */
}

/* The number that the instruction before an address puts into eax; -1: none. */
static int number_before(struct unwinder *u, uint64_t address)
{
    static const uint8_t lengths[] = { 7, 5 }; /* with REX.W, and without */
    uint8_t code[7];
    struct encoding e;
    int number = -1;

    if (read_code(u, address - sizeof(code), code, sizeof(code)) != sizeof(code))
        return -1;
    for (size_t i = 0; i < sizeof(lengths) && number < 0; i++) {
        if (encoding_decode(code + sizeof(code) - lengths[i], lengths[i], &e) &&
            e.length == lengths[i])
            number = number_to_eax(&e);
    }
    return number;
}

static bool is_syscall(const struct encoding *e)
{
    return e->map == MAP_0F && e->opcode == 0x05;
}

bool bottom_ends_thread(struct unwinder *u, const struct site *site)
{
    uint8_t code[CODE_SIZE];
    const bool innermost = u->depth == 1;
    const uint64_t from = innermost || site->uncalled ? site->address : site->address + 1;
    size_t size = read_code(u, from, code, sizeof(code));
    int number = innermost ? number_before(u, from) : -1;
    struct instruction i;

    for (int count = 0; count < END_MAX && instruction_decode(code, size, &i); count++) {
        if (is_syscall(&i.encoding))
            return number == SYS_exit || number == SYS_exit_group;
        int next = number_to_eax(&i.encoding);
        number = next >= 0 ? next : number;
        if (i.flow != FLOW_NEXT)
            return false;
        size -= i.encoding.length;
        memmove(code, code + i.encoding.length, size);
    }
    return false;
}
