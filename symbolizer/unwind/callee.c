/* callee.c - reads the instruction, then the slots and stubs that it names. */
#include "callee.h"

#include <errno.h>
#include <string.h>

#include "symbolizer/unwind/site.h"
#include "symbolizer/processor/callcode.h"

/*
 * Reads all of a few bytes of code, at a site or just before it. While nothing can write there, it
 * stays as it is: as long as the map does, by the same reason as what is known of the site. A page
 * before that of the site may lie in another mapping.
 */
static int read_code(struct space *space, const struct target *target, struct codepages *pages,
                     const struct site *site, uint64_t address, void *buffer, size_t size)
{
    int error =
        site->writable || !site->image || address / CODE_PAGE != site->address / CODE_PAGE
            ? target_read_all(target, address, buffer, size)
            : codepages_read(pages, &space->code->pages_owner, target, address, buffer, size);
    /* What is not in memory of it could only be read by its server. */
    if (error == -EFAULT && site->image && site->image->copied && !site->writable &&
        space_find(space, address) == space_find(space, site->address) &&
        image_bytes(site->image, site->offset + (address - site->address), buffer, size))
        return 0;
    return error;
}

/* Is this direct target a PLT stub, perhaps, whose slot names the function? */
static bool is_stub(const struct site *target)
{
    return target->address != target->start || callcode_may_be_stubs(target->end - target->start);
}

/* Does the slot keep what it has? A GOT entry does, which the loader made read-only; a variable
 * that holds a function pointer is called by the same instruction, but by now it may name another
 * function. */
static bool is_constant(const struct site *site, uint64_t slot)
{
    uint64_t vaddr = slot - site->bias;
    const struct image *image = site->image; /* of code made at run time nothing is constant */
    return image && vaddr >= image->relro_start && vaddr < image->relro_end;
}

/* The site of a function that is called, NULL if it is not mapped. 0, or as site_failure. */
static int find_callee(struct space *space, const struct target *target, uint64_t function,
                       const struct site **ret)
{
    *ret = site_find(space, target, function);
    return *ret ? 0 : site_failure(space, function);
}

/* Is there a function at the target of a call in `caller`? Its unwind entry says so; what is called
 * in another image is taken for one. */
static bool is_function(const struct site *target, const struct image *caller)
{
    return target->image && (target->start == target->address || target->image != caller);
}

/* Is this a stub, perhaps? A slot may have the address of one, too: of the executable's, if that
 * takes the address of the function and is not position-independent. */
static bool may_be_stub(const struct named *named)
{
    return named->callee && is_stub(named->callee) && (!named->by_slot || !named->callee->bias);
}

/* Follows a PLT stub to what its slot has. A slot that is not bound yet leads back to its own
 * image, to where the loader is called. 0 or a negative error of reading. */
static int follow_stub(struct space *space, const struct target *target, struct codepages *pages,
                       struct named *named)
{
    uint8_t bytes[STUB_BYTES];
    const struct image *image = named->callee->image;
    int error =
        read_code(space, target, pages, named->callee, named->address, bytes, sizeof(bytes));
    struct callcode call =
        error ? (struct callcode){ 0 } : callcode_decode_stub(bytes, named->address);

    if (error == -EFAULT) /* at the end of the code there is no stub */
        return 0;
    if (error || call.kind != CALLCODE_SLOT)
        return error;
    *named = (struct named){ .stub = named->stub ? named->stub : named->address, .by_slot = true };
    error = target_read_all(target, call.address, &named->address, sizeof(named->address));
    if (!error)
        error = find_callee(space, target, named->address, &named->callee);
    if (named->callee && !is_function(named->callee, image))
        named->callee = NULL;
    return error;
}

int callee_find(struct space *space, const struct target *target, struct codepages *pages,
                const struct site *site, struct callcode call, struct named *ret)
{
    int error = 0;

    *ret = (struct named){ 0 };
    if (call.kind == CALLCODE_INDIRECT ||
        (call.kind == CALLCODE_SLOT && !is_constant(site, call.address)))
        return 0;
    *ret = (struct named){ .address = call.address, .by_slot = call.kind == CALLCODE_SLOT };
    if (ret->by_slot)
        error = target_read_all(target, call.address, &ret->address, sizeof(ret->address));
    if (!error)
        error = find_callee(space, target, ret->address, &ret->callee);
    for (int stubs = 0; stubs < 2 && !error && may_be_stub(ret); stubs++)
        error = follow_stub(space, target, pages, ret);
    if (error != -EFAULT)
        return error;
    *ret = (struct named){ 0 }; /* it was another instruction that looks so */
    return 0;
}

/* Reads the bytes that end at a site. Where the code starts, zeros stand for what is not there. */
static int read_call(struct space *space, const struct target *target, struct codepages *pages,
                     const struct site *site, uint8_t ret[static CALLCODE_BYTES])
{
    uint64_t end = site->address + 1, start = end - CALLCODE_BYTES;
    int error = read_code(space, target, pages, site, start, ret, CALLCODE_BYTES);
    size_t there = site->address % CODE_PAGE + 1;

    if (error != -EFAULT || (site->image && space_find(space, start)) || there >= CALLCODE_BYTES)
        return error;
    memset(ret, 0, CALLCODE_BYTES);
    return read_code(space, target, pages, site, end - there, ret + CALLCODE_BYTES - there, there);
}

/* Notes that the call may go to wherever a register or a variable says. */
static void note_pointer(struct site *site, struct callcode call)
{
    bool variable = call.kind == CALLCODE_SLOT && !is_constant(site, call.address);

    site->by_pointer |= variable || call.kind == CALLCODE_INDIRECT;
    if (variable)
        site->variable = call.address;
}

/* Fills in the call at a site, and whether it can name no other any more. */
static int resolve_call(struct space *space, const struct target *target, struct codepages *pages,
                        struct site *site)
{
    uint8_t bytes[CALLCODE_BYTES];
    struct callcode readings[CALLCODE_READINGS];
    struct named named = { 0 };

    site->callee = site->target = site->stub = 0;
    int error = read_call(space, target, pages, site, bytes);
    if (error < 0)
        return error;
    size_t count = callcode_decode(bytes, site->address + 1, readings);
    bool found = false;
    for (size_t i = 0; i < count && !found && !error; i++) {
        error = callee_find(space, target, pages, site, readings[i], &named);
        found = !error && named.callee && is_function(named.callee, site->image);
        if (named.stub)
            break;
    }
    site->is_call = count > 0;
    site->by_pointer = false;
    site->variable = 0;
    for (size_t i = 0; i < count && !found && !error; i++)
        note_pointer(site, readings[i]);
    site->stub = named.stub;
    site->target = named.callee ? named.address : 0;
    if (found) {
        site->callee = named.address;
        site->callee_image = named.callee->image;
        site->callee_offset = named.callee->offset;
    }
    site->call_known = found || !(error || named.by_slot); /* or not bound yet */
    return error;
}

int callee_resolve(struct space *space, const struct target *target, struct codepages *pages,
                   struct site *site)
{
    int error = site->call_known ? 0 : resolve_call(space, target, pages, site);

    site->call_known &= !site->writable && site->image;
    return error;
}
