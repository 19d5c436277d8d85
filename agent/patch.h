/*
 * patch.h - how a call's code is changed, and what stands for it: pure functions of bytes.
 *
 * The instructions right before that of the call become a jump to a pad. The pad has them, asks
 * inside_find(), and leaves to the stub of the site, which makes the call and goes on behind the
 * site; or to the instruction of the call itself, which is what it was, and stops. Stubs are the
 * only code that makes calls which do not stop. No stack but the area's is used, and nothing is
 * kept over the call.
 */
#ifndef SYSTRACE_PATCH_H
#define SYSTRACE_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "agent/block.h"

enum {
    PATCH_SIZE = 5,       /* of the jump */
    PATCH_SHORT = 2,      /* of one to nearby */
    PATCH_MOVED_MAX = 32, /* bytes of instructions that may be moved */
    PATCH_PAD_SIZE = 384,
    PATCH_STUB_SIZE = 32,
};

/* A site and its code. Addresses are the process's. */
struct patch {
    uint64_t address; /* of the call's instruction */
    uint64_t start;   /* of the first instruction that is moved; it ends at `address` */
    uint8_t moved[PATCH_MOVED_MAX]; /* these bytes */
    uint64_t hop;                   /* padding from which the jump goes on; 0: it needs none */
    uint8_t padding[PATCH_SIZE];    /* what is there */
    uint64_t pad, stub;
    bool single; /* it is one instruction: no thread is ever between those moved */
};

enum patch_form {
    PATCH_ONE,  /* one instruction is moved */
    PATCH_HOP,  /* one that is too short for the jump: one to nearby padding, and on from there */
    PATCH_FEW,  /* two to four */
    PATCH_NONE, /* it cannot be patched: */
    PATCH_NO_CALL,   /* there is no such instruction, or decoding from the start of the function
                        misses it */
    PATCH_UNDECODED, /* not all of the function can be decoded */
    PATCH_UNMOVABLE, /* what stands before it may not be moved: jumps, uses of the stack, of memory,
                        ... */
    PATCH_JUMPED_INTO, /* control may come to an instruction that would be moved */
    PATCH_NO_ROOM,     /* there are too many already, or this one is out of their reach */
};

/* The parts of a function's code that make room; offsets. */
struct patch_room {
    size_t start; /* of what is moved, */
    size_t hop;   /* and of the padding; 0: it needs none */
};

/*
 * Finds what to move before the call at `at` of a function's code, all of it, behind which there
 * may be padding that is no function's. What is moved is at most PATCH_MOVED_MAX bytes, and touches
 * no memory but the stack, which it reads.
 */
enum patch_form patch_find(const uint8_t *code, size_t size, size_t padding, size_t at,
                           struct patch_room *room);

/* Makes padding, which another site has, what it cannot use; offsets, in the code as it was. */
void patch_take_padding(uint8_t *code, size_t size, size_t hop);

/* Is it one of those that make room? */
static inline bool patch_has_room(enum patch_form form)
{
    return form < PATCH_NONE;
}

/* Has the processor, and the kernel, what pads need? */
bool patch_is_possible(void);

/* Gives the site with this number its places; `near` is the address of the block's code. */
void patch_set_places(struct patch *patch, uint32_t site, uint64_t near);

/* The code of its pad and stub; `find` is the address of inside_find(). False: the parts of the
 * block are out of reach of each other. */
bool patch_make(const struct patch *patch, uint32_t site, uint64_t near, uint64_t find,
                uint8_t pad[static PATCH_PAD_SIZE], uint8_t stub[static PATCH_STUB_SIZE]);

/* The size of the jump at `start`. */
static inline size_t patch_jump_size(const struct patch *patch)
{
    return patch->hop ? PATCH_SHORT : PATCH_SIZE;
}

/* The bytes at `start` as they are to be while it is patched, and at `hop`, if it needs that.
 * False: the pad is out of reach. */
bool patch_jump(const struct patch *patch, uint8_t jump[static PATCH_SIZE],
                uint8_t hop[static PATCH_SIZE]);

/* Where in the code of a site a thread may be. */
enum patch_place {
    PATCH_ELSEWHERE,
    PATCH_MOVED,   /* at an instruction that was moved: all registers are the program's */
    PATCH_INSIDE,  /* before the call */
    PATCH_COUNTED, /* before the call, which has been counted */
    PATCH_CALLED,  /* behind the call */
};

/* Of a thread; by their numbers in instructions. */
struct patch_registers {
    uint64_t all[BLOCK_REGISTERS], pc, flags;
};

/* The number of the site in whose pad or stub, or in inside_find() for which, a thread with this pc
 * is; `near`: as above; `area` may be NULL, here and below: it has none. BLOCK_SITES: it is
 * elsewhere. */
uint32_t patch_site(const struct block_area *area, uint64_t near, uint64_t pc);

/* The registers of a thread that is there, made what they would be in the program's own code at
 * that point, but for those that the call destroys; `area` is what the pad has written. */
enum patch_place patch_return(const struct patch *patch, const struct block_area *area,
                              struct patch_registers *registers);

#endif
