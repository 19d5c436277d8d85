/*
 * readahead.h - the memory that the walk of a stack reads, by one system call: a walk that begins
 * where a former one began will mostly read what that one read. Only what is read at the same stop
 * is ever given out; what was read before only says where to read.
 */
#ifndef SYSTRACE_READAHEAD_H
#define SYSTRACE_READAHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    AHEAD_PIECES = 64,
    AHEAD_BYTES = 1 << 16, /* all that is read ahead at once */
    AHEAD_LISTS = 64,
};

struct ahead_piece {
    uint64_t address;
    uint32_t size;
};

/* What a walk has read, in this order. */
struct ahead_list {
    const void *space; /* of the process; only compared, and perhaps gone */
    bool trusted;      /* two walks have read much the same */
    uint32_t count;
    struct ahead_piece pieces[AHEAD_PIECES];
};

struct readahead {
    struct ahead_list lists[AHEAD_LISTS]; /* by space and first address; others displace them */
    struct ahead_list now;                /* of the walk under way, as far as there is room */
    bool begun;                           /* it has read */
    /* What was read ahead for it: the first pieces of `list`. */
    const struct ahead_list *list; /* NULL: nothing */
    uint32_t ready, next;          /* so many of them; where the next one asked for should be */
    uint8_t bytes[AHEAD_BYTES];
    uint32_t starts[AHEAD_PIECES]; /* where they are in `bytes` */
};

/* Before a walk: what was read is old. */
void readahead_begin(struct readahead *ahead, const void *space);

/* Gives out what has been read, after it was read ahead if this is the beginning. How many bytes:
 * `size`, or 0: it must be read. */
size_t readahead_take(struct readahead *ahead, pid_t tid, uint64_t address, void *buffer,
                      size_t size);

/* Notes what had to be read. */
void readahead_note(struct readahead *ahead, uint64_t address, size_t size);

#endif
