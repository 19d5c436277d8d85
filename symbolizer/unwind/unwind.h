/*
 * unwind.h - walks the user stack of a stopped tracee, from the system-call instruction out to the
 * outermost frame, by the CFI of the mapped ELF files; and finds the frames that tail calls
 * removed. Where no unwind information covers a pc, the caller is guessed, and all from there on is
 * marked inexact; or the walk stops and says so.
 */
#ifndef SYSTRACE_UNWIND_H
#define SYSTRACE_UNWIND_H

#include <libunwind.h>
#include <sys/user.h>
#include "symbolizer/unwind/x86_64/registers.h"
#include "symbolizer/unwind/space.h"
#include "record/stack.h"
#include "symbolizer/unwind/step.h"

enum { STORES_MAX = 64, EMULATED_REGISTERS = 16 };

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
    uint32_t depth, capacity;

    /* Over all stacks. */
    struct codepages code; /* that calls were read from */
    uint64_t hits;         /* known from the memo */
    uint64_t walks;        /* not: walked, */
    uint64_t entered;      /* over so many frames, the others were known */
    uint64_t hard_walks;   /* of the walks, those that met a hard row */

    /* The walk under way. */
    struct space *space;
    const struct target *target;
    struct user_regs_struct start; /* the registers; */
    bool start_complete;           /* else only rip, rsp and cs of them are known yet */
    uint8_t *stack; /* the piece that has been read: [stack_start, stack_start + stack_size) */
    uint64_t stack_start;
    size_t stack_size, stack_capacity;
    bool stack_ends; /* no more can be read in one piece with it, */
    int beyond;      /* for this reason */
    size_t reach;    /* how far from stack_start the walk has read */
    size_t piece;    /* how much to read at once: about as far as recent walks have reached */
    bool inexact;    /* the frames from here outwards rest on a heuristic */
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
    uint32_t step_count, step_capacity;
    /* The piece that was read for the trail which was stored last: its steps rest on words in it.
     */
    uint8_t *former;
    uint64_t former_start, former_trail; /* number of the trail */
    size_t former_size, former_capacity;
    uint64_t reached; /* the stack pointer of the frame to which it came last */

    struct reference {
        unw_addr_space_t accessors;
        unw_cursor_t cursor;
        struct value registers[REGISTER_COUNT]; /* where it started, or starts again */
        const struct site *site;                /* of the step under way */
        enum {
            REFERENCE_AT_FRAME,
            /* The walk has gone on without its cursor, which starts again: */
            REFERENCE_CARRIED, /* with `registers` */
            REFERENCE_LOST,    /* with rip and rsp, and perhaps rbp */
        } state;
    } reference; /* libunwind's (reference.c) */
};

/* 0 or -ENOMEM. */
int unwinder_init(struct unwinder *unwinder, struct images *images, struct stacks *stacks);
void unwinder_deinit(struct unwinder *unwinder);

/*
 * Walks the stack of a thread that stopped in a system call with these registers (if the target can
 * read them, rip, rsp and cs are enough: the others are read when they matter); reads the map of
 * `space` first if it is stale. The frames are in unwinder->frames; returns how the walk ended.
 */
enum stack_end unwind(struct unwinder *unwinder, struct space *space, const struct target *target,
                      const struct user_regs_struct *registers);

/*
 * The number of the stack that the same walk finds, by the memo of the address space if that knows
 * it: then there are no frames in unwinder->frames. `spawner` is the stack of the clone call that
 * made this spawned child, NO_STACK, or UNKNOWN_STACK; the stack goes on with it. -EINPROGRESS: not
 * yet, for an image is being fetched; -ENOMEM.
 */
int64_t unwind_number(struct unwinder *unwinder, struct space *space, const struct target *target,
                      const struct user_regs_struct *registers, int64_t spawner);

/* The same walk by libunwind alone. */
enum stack_end unwind_by_reference(struct unwinder *unwinder, struct space *space,
                                   const struct target *target,
                                   const struct user_regs_struct *registers);

/* Has the thread of the last walk been killed? Then what was concluded from words that could not be
 * read is void. */
bool unwinder_lost_thread(const struct unwinder *unwinder);

/* After a walk that ended so: adds the frames of `spawner`, marked FRAME_SPAWNED_BY; the end of the
 * whole. */
enum stack_end unwind_beyond(struct unwinder *unwinder, enum stack_end end, int64_t spawner);

/* Steps outwards by the row of the site. */
enum step unwinder_step(struct unwinder *unwinder, const struct site *site, struct position *at);

/* Reads what is not known yet of the registers at the start; false and unwinder->failure if it
 * cannot. */
bool unwinder_complete_start(struct unwinder *unwinder);

/* Makes at->bp known: STEP_OUT, or why it is not. */
enum step unwinder_find_bp(struct unwinder *unwinder, struct position *at);

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

#endif
