/*
 * unwinder.h - the state of a walk over the stack of a thread, and what it knows of the thread's
 * memory and registers.
 */
#ifndef SYSTRACE_UNWINDER_H
#define SYSTRACE_UNWINDER_H

#include <stddef.h>
#include "record/stack.h"
#include "symbolizer/image/images.h"
#include "symbolizer/unwind/space.h"
#include "symbolizer/unwind/step.h"

struct value {
    bool known;
    uint64_t value;
};

struct registers {
    enum {
        REGISTERS_START,       /* all were known at the start of the walk: unwinder->start */
        REGISTERS_INTERRUPTED, /* all are in the kernel's signal frame */
        REGISTERS_LOST,        /* none but sp, and perhaps fp */
    } origin;
    struct value origin_word; /* REGISTERS_INTERRUPTED: where the signal frame is; _LOST: fp */
    struct passed {           /* frames since, that CFI led out of */
        uint64_t address;     /* of the site */
        uint64_t ip, sp;
    } * passed;
    size_t count, capacity;

    /* Where they are that the frame passed[reached] had, or the one at which the walk is. */
    bool found; /* else nobody asked yet */
    size_t reached;
    struct saved {
        enum { SAVED_NOWHERE, SAVED_VALUE, SAVED_AT } kind;
        uint64_t value; /* or its address */
    } saved[REGISTER_COUNT];
};

enum { STORES_MAX = 64, UNWINDER_ELSEWHERE = 4096 };

/* What the code that emulator.c runs has left on this walk, for the traced memory is not changed.
 */
struct emulation {
    struct store {        /* newer ones come later where two overlap */
        uint64_t address; /* of 8 bytes */
        struct value value;
    } stores[STORES_MAX];
    uint32_t count;
    bool anywhere;  /* at an address that is not known, or too often: no memory is known */
    uint32_t depth; /* of the frame whose code was run last; 0: of none */
    struct value registers[EMULATED_REGISTERS]; /* after that, by their numbers in instructions */
};

struct unwinder {
    struct images *images; /* borrowed */
    struct stacks *stacks; /* borrowed: they get their numbers there */

    /* The last walk: frames, innermost first. Reused by the next. */
    struct frame *frames;
    uint32_t depth;
    size_t capacity;

    /* Over all stacks. */
    struct codepages code; /* that calls were read from */
    uint64_t hits;         /* known from the memo */
    uint64_t walks;        /* not: walked, */
    uint64_t entered;      /* over so many frames, the others were known */
    uint64_t hard_walks;   /* of the walks, those that met a hard row */
    uint32_t leaf;         /* the memo's node of the last stack, if that knew it; else MEMO_NONE */

    /* The walk under way. */
    struct space *space;
    const struct target *target;
    struct registerset start; /* the registers; */
    bool start_complete;      /* else only pc, sp and foreign of them are known yet */
    uint8_t *stack; /* the piece that has been read: [stack_start, stack_start + stack_size) */
    uint64_t stack_start;
    size_t stack_size, stack_capacity;
    bool stack_ends;   /* no more can be read in one piece with it, */
    int beyond;        /* for this reason */
    struct elsewhere { /* what was read last beyond it, as of the stack that a handler on another
                          has interrupted */
        uint64_t start;
        size_t size;
        uint8_t bytes[UNWINDER_ELSEWHERE];
    } elsewhere;
    size_t reach; /* how far from stack_start the walk has read */
    size_t piece; /* how much to read at once: about as far as recent walks have reached */
    bool inexact; /* the frames from here outwards rest on a heuristic */
    unsigned looks, searches; /* that guesses may still make on this walk (guess.c) */
    bool pending;             /* a guess would have had to know an image that is being read */
    struct emulation emulation;
    struct registers registers;
    bool hard;                 /* it has met a hard row */
    int failure;               /* errno of the memory access that failed, negative; 0 */
    struct memo_node *path;    /* for the memo: the frames that are on the stack, */
    uint32_t path_depth;       /* as far as there is room for them */
    struct memo_sight *sights; /* what guesses saw on the way */
    size_t sight_count, sight_capacity;
    size_t step_sights;    /* the first of the step under way: offsets are relative to its frame */
    uint64_t variable;     /* that decided how the last frame was entered; 0: none */
    bool settled;          /* as long as the code stays, the path decides on the frames, */
    bool decided;          /* and on the end */
    bool ended;            /* it does so on the end alone */
    struct trails *trails; /* where it is to be stored (rejoin.c); NULL: nowhere */
    struct trail *trail;   /* to which it may come; NULL: there is none */
    uint32_t trail_kept;   /* of which so many steps, from the outermost, may be what they were */
    int64_t joined;        /* the stack beyond the frame at which it did; NO_STACK: it did not */
    struct trail_step *steps; /* of it, innermost first, from the last one that is not simple */
    uint32_t step_count;
    size_t step_capacity;
    /* The piece that was read for the trail which was stored last: its steps rest on words in it.
     */
    uint8_t *former;
    uint64_t former_start, former_trail; /* number of the trail */
    size_t former_size, former_capacity;
    uint64_t reached; /* the stack pointer of the frame to which it came last */

    struct reference *reference; /* libunwind's walk (reference.c) */
};

enum { UNWINDER_PIECE_MIN = 512 }; /* bytes of the stack that are read at once, then doubled */

/* Reads what is not known yet of the registers at the start; false and unwinder->failure if it
 * cannot. */
bool unwinder_complete_start(struct unwinder *unwinder);

/* Makes at->fp known: STEP_OUT, or why it is not. */
enum step unwinder_find_fp(struct unwinder *unwinder, struct position *at);

/* A word of the traced process, by way of the piece of the stack; false and unwinder->failure if
 * not mapped. */
bool unwinder_read(struct unwinder *unwinder, uint64_t address, uint64_t *ret);

/* The words from an address on, up to so many, as far as they are in the piece or can be added to
 * it; how many. */
size_t unwinder_words(struct unwinder *unwinder, uint64_t address, size_t count,
                      const uint64_t **ret);

/* Makes the piece reach up to there at once, if it is memory. */
void unwinder_read_up_to(struct unwinder *unwinder, uint64_t address);

/* The same as unwinder_read() if it is in the piece that has been read. */
bool unwinder_peek(const struct unwinder *unwinder, uint64_t address, uint64_t *ret);

/* The next walk will read at once what this one had to, a little less if it is the exception. */
void unwinder_learn_piece(struct unwinder *unwinder);

/* Has the thread of the last walk been killed? Then what was concluded from words that could not be
 * read is void. */
bool unwinder_lost_thread(const struct unwinder *unwinder);

#endif
