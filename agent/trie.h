/*
 * trie.h - the stacks that a process knows by itself: those of the memo whose every step reads
 * nothing but the stack, by the simplest rows, and perhaps a variable. It is added to by the tracer
 * alone, while threads of the process read it: nothing leads to what is not complete.
 *
 * To forget the stacks nothing leads to them any more. Their memory is used again when no thread
 * can be on its way through them, or still count there: in the next generation.
 */
#ifndef SYSTRACE_TRIE_H
#define SYSTRACE_TRIE_H

#include <stdbool.h>
#include <stdint.h>
#include "agent/block.h"
#include "symbolizer/image/target.h"
#include "symbolizer/unwind/memo.h"

struct trie {
    struct block_table *table; /* both borrowed, */
    uint64_t *counters;        /* and in the process's reach */
    uint32_t nodes, variables, count, generation;
    bool forgotten; /* nothing leads to the stacks, and nothing can be added */
    struct trie_counter {
        uint32_t stack; /* its number in the run */
        uint32_t nr;    /* of the call */
        uint32_t phase; /* private to who takes over: where the last of them went */
        bool paused;
        uint64_t taken; /* of its calls, what has been taken over */
    } * all;            /* BLOCK_STACKS, of which `count` */
};

/* 0 or -ENOMEM. */
int trie_init(struct trie *trie, struct block_table *table, uint64_t *counters);
void trie_deinit(struct trie *trie);

/* Forgets all stacks. Threads that read may still count some. */
void trie_forget(struct trie *trie);

/* Begins the next generation. No thread reads; what was counted must have been taken over. */
void trie_renew(struct trie *trie);

enum trie_added {
    TRIE_REFUSED, /* it is of a kind that is not for the process, or there is no room for it */
    TRIE_ADDED,
    TRIE_KNOWN, /* it is there already */
};

/* Adds the stack that ends at node `leaf` of the memo, for calls of this number at a site. */
enum trie_added trie_add(struct trie *trie, const struct memo *memo, uint32_t leaf,
                         const struct target *target, uint32_t site, uint32_t nr, uint32_t stack);

/* Is the trie all but full? Then all are to be forgotten. */
bool trie_is_full(const struct trie *trie);

/*
 * The calls of a counter that have not been taken over yet, which it then has. -1: the last one had
 * been taken over, and then taken back. The process may have written anything there.
 */
int64_t trie_take(struct trie *trie, uint32_t counter);

/* One call of a counter, the next one, is not to be taken over: it was counted otherwise. */
void trie_skip(struct trie *trie, uint32_t counter);

#endif
