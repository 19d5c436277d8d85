/*
 * call.h - the x86-64 instructions by which one function names another: calls before a return
 * address and PLT stubs. Pure functions of bytes, for the detection of tail calls.
 */
#ifndef SYSTRACE_CALL_H
#define SYSTRACE_CALL_H

#include <stddef.h>
#include <stdint.h>

enum call_kind {
    CALL_NONE,     /* no call */
    CALL_INDIRECT, /* through a register or a computed address */
    CALL_DIRECT,   /* `address` is the target */
    CALL_SLOT,     /* `address` holds the target: a GOT entry */
};

struct call {
    enum call_kind kind;
    uint64_t address;
};

enum { CALL_BYTES = 8, STUB_BYTES = 12 };

/*
 * The call that ends at `return_address`, from the CALL_BYTES bytes before it. Instructions cannot
 * be read backwards with certainty: where the bytes are also an indirect call of another length, it
 * is taken for that.
 */
struct call call_decode(const uint8_t bytes[static CALL_BYTES], uint64_t return_address);

/* The slot through which a PLT stub at `address` jumps, from its first STUB_BYTES bytes: `jmp
 * *slot(%rip)`, with endbr64 and bnd before it or not. CALL_SLOT or CALL_NONE. */
struct call call_decode_stub(const uint8_t bytes[static STUB_BYTES], uint64_t address);

#endif
