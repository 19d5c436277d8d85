/*
 * callcode.h - the instructions by which one function names another: calls before a return
 * address and PLT stubs. Pure functions of bytes, for the detection of tail calls.
 */
#ifndef SYSTRACE_CALLCODE_H
#define SYSTRACE_CALLCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum callcode_kind {
    CALLCODE_NONE,     /* no call */
    CALLCODE_INDIRECT, /* through a register or a computed address */
    CALLCODE_DIRECT,   /* `address` is the target */
    CALLCODE_SLOT,     /* `address` holds the target: a GOT entry */
};

struct callcode {
    enum callcode_kind kind;
    uint64_t address;
};

enum { CALLCODE_BYTES = 8, CALLCODE_READINGS = 3, STUB_BYTES = 16 };

/*
 * The calls that may end at `return_address`, from the CALLCODE_BYTES bytes before it, and how many
 * these are. Instructions cannot be read backwards with certainty: the displacement of a direct
 * call may look like an indirect one, and the other way round. The one that says most comes first:
 * it is right if it leads to a function, for what is none of its bytes hardly does.
 */
size_t callcode_decode(const uint8_t bytes[static CALLCODE_BYTES], uint64_t return_address,
                       struct callcode ret[static CALLCODE_READINGS]);

/* The slot through which a PLT stub at `address` jumps, from its first STUB_BYTES bytes.
 * CALLCODE_SLOT or CALLCODE_NONE. */
struct callcode callcode_decode_stub(const uint8_t bytes[static STUB_BYTES], uint64_t address);

/* May code of this size, which begins as a PLT stub does, be a whole section of them, which one
 * unwind entry covers? Else it is a function that does no more than call another. */
bool callcode_may_be_stubs(uint64_t size);

#endif
