/*
 * encoding.h - takes the bytes of one x86-64 instruction apart into the fields that it is made of
 * (Intel SDM vol. 2, chapter 2 and appendix A), whatever they mean.
 */
#ifndef SYSTRACE_ENCODING_H
#define SYSTRACE_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "symbolizer/processor/processor.h"

/* Registers by their numbers in instructions, */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };
/* and what a base may be instead: the address behind the instruction, or nothing. */
enum { RIP = 16, NO_REGISTER };

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

/* Tables of opcodes: of one byte, and behind 0f, 0f 38 and 0f 3a. With MAP_VECTOR: the same and
 * others, by their numbers in VEX, EVEX and XOP. */
enum { MAP_ONE, MAP_0F, MAP_0F38, MAP_0F3A, MAP_VECTOR = 16 };

struct encoding {
    uint8_t length;
    uint8_t map, opcode;
    uint8_t rex;                              /* also from a vector instruction's prefix; 0: none */
    uint8_t segment;                          /* 0x64 or 0x65, the prefixes of fs and gs, or 0 */
    bool operand16, address32, lock, notrack; /* prefixes */
    /*
     * The operands of ModRM, with REX's bits. `mod` is 3 if rm is a register; else rm is in memory,
     * at base + (index << scale) + displacement. Without ModRM, `mod` is 3 and rm the register that
     * the opcode may have in it.
     */
    uint8_t mod, reg, rm;
    uint8_t base, index, scale;
    int32_t displacement; /* EVEX's of one byte are not multiplied yet */
    int64_t immediate;    /* or a jump's distance from its end: extended by its sign; 0: none */
};

/* Decodes the instruction at the beginning of `size` bytes. False: it is none, is not known, or
 * does not end there. (Some that are none pass: of vector instructions above all.) */
bool encoding_decode(const uint8_t *bytes, size_t size, struct encoding *ret);

#endif
