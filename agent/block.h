/*
 * block.h - the memory that the tracer shares with a process that counts some of its calls itself:
 * a memfd, all of which the tracer has mapped, and the process in parts. What is here is written by
 * the one and read by the other, and no code of the process but inside.c and the pads (patch.h)
 * touches it.
 *
 *     in the memfd     in the process
 *     BLOCK_STUBS      r-x at WINDOW, the only addresses whose calls our filter lets pass
 *     BLOCK_CODE       r-x \
 *     BLOCK_AREAS      rw-  } in one piece, near the code that is patched
 *     BLOCK_COUNTERS   rw- /
 *     BLOCK_TABLE      r-- /
 */
#ifndef SYSTRACE_BLOCK_H
#define SYSTRACE_BLOCK_H

#include <stdint.h>

/*
 * Where the kernel puts nothing by itself: above programs that are linked to an address, unless
 * their heap grows by 700 MB, and at the far end of MAP_32BIT's. And where sanitizers bear with
 * memory of others: ThreadSanitizer ends at a mapping between 512 GB and libraries.
 */
#define WINDOW UINT64_C(0x6f000000)

/* What the area of a thread has, and nothing else by chance. (A program that puts it somewhere on
 * purpose, and its %gs there, loses its own counts.) */
#define BLOCK_MARK 0x5ca11a9e

enum {
    WINDOW_SIZE = 1 << 20,
    BLOCK_PAGE = 1 << 12,

    BLOCK_STUBS = 0,
    BLOCK_STUBS_SIZE = 4 * BLOCK_PAGE,
    BLOCK_CODE = BLOCK_STUBS + BLOCK_STUBS_SIZE,
    BLOCK_CODE_SIZE = 32 * BLOCK_PAGE,
    BLOCK_AREAS = BLOCK_CODE + BLOCK_CODE_SIZE,
    BLOCK_AREA_SIZE = 1 << 10,
    BLOCK_THREADS = 2048,
    BLOCK_COUNTERS = BLOCK_AREAS + BLOCK_THREADS * BLOCK_AREA_SIZE,
    BLOCK_COUNTERS_SIZE = 16 * BLOCK_PAGE,
    BLOCK_TABLE = BLOCK_COUNTERS + BLOCK_COUNTERS_SIZE,
    BLOCK_TABLE_SIZE = 256 * BLOCK_PAGE,
    BLOCK_SIZE = BLOCK_TABLE + BLOCK_TABLE_SIZE,

    BLOCK_REGISTERS = 16, /* of these */
    BLOCK_AT_NUMBER = 0,  /* has the number of the call, */
    BLOCK_AT_SECOND = 6,  /* its second argument, */
    BLOCK_AT_SP = 4,      /* the stack pointer, */
    BLOCK_AT_FP = 5,      /* the frame pointer */
    BLOCK_SITES = 256,
    BLOCK_STACKS = BLOCK_COUNTERS_SIZE / 8, /* each has a counter */
    BLOCK_VARIABLES = 1024,
    BLOCK_NODES = 20000,
    BLOCK_CHECK_EVERY =
        1 << 16, /* calls of one counter, of which one is made a stop, and compared */
};

/*
 * Of one thread, which finds it by the base of its %gs. Where that is 0 the thread has none, and
 * all its calls stop. Where it is anything else that does not lead to the mark, it is the program's
 * own.
 */
struct block_area {
    uint64_t registers[BLOCK_REGISTERS]; /* before the call, by their numbers in instructions; not
                                            those that the call destroys */
    uint32_t mark;
    /* Is the thread between reading the table and having counted? The table's generation then. */
    uint32_t inside, generation;
    uint32_t claim;   /* the counter that it would have incremented, had it not been for the
                         comparison; + 1 */
    uint64_t target;  /* where the pad leaves to */
    uint64_t counter; /* the address of what it has incremented, or is to */
    uint64_t slow;    /* how often a pad left to a stop */
    uint64_t stack_start, stack_end; /* memory that can be read, as long as sp is in it */
    uint8_t stack[840];
};

/* One frame of a stack that is known: its return address and how to step outwards. */
struct block_node {
    uint64_t address;              /* of the first: the number of the call */
    int32_t cfa_offset, fp_offset; /* as in a row; fp_offset 0: fp stays */
    uint32_t outer, beside; /* nodes, 0: none. The first of those that called it; the next that
                               called the same */
    uint32_t counter;       /* of the stack that ends here, + 1; 0: it goes on */
    uint16_t variable;      /* which must have its word, + 1; 0: none */
    uint16_t by_fp;         /* the CFA is at an offset from fp, else from sp */
};

struct block_table {
    uint32_t off;        /* all calls stop */
    uint32_t generation; /* of the stacks */
    /* Calls of this number with this second argument, of 32 bits, stop. */
    uint64_t watched_number, watched_second;
    struct block_site {
        uint64_t slow, fast; /* the address of the call, and of its stub */
        uint32_t first;      /* node */
    } sites[BLOCK_SITES];
    struct block_variable {
        uint64_t address, word;
    } variables[BLOCK_VARIABLES];
    struct block_node nodes[BLOCK_NODES]; /* the first is none */
};

_Static_assert(sizeof(struct block_area) == BLOCK_AREA_SIZE, "it has a place");
_Static_assert(sizeof(struct block_table) <= BLOCK_TABLE_SIZE, "it has a place");

#endif
