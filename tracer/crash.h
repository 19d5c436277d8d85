/*
 * crash.h - the second line, should the tracer itself fail: a fault of our own (SIGSEGV and its
 * kin, abort) in the thread that traces ends that thread and nothing else. The kernel does with its
 * tracees then what it would do were we killed; and whoever joins the thread sees to it that what
 * was counted is written (salvage.h). Likewise in the thread that writes. In any other it ends us
 * with our own exit status, for death by a signal is how the command's is told.
 *
 * A signal of the same number that somebody sends is no fault, and nothing comes of it.
 */
#ifndef SYSTRACE_CRASH_H
#define SYSTRACE_CRASH_H

#include <stdbool.h>
#include <stddef.h>

/* Catches faults in this process; in its children they stay what they are. */
void crash_watch(void);

/* Where the handler of one thread runs. A signal that somebody sends comes to any thread, and so to
 * several at once: each needs its own. */
struct crash_stack {
    char memory[64 * 1024];
};

/* From now on the calling thread is the one that ends alone, which somebody must join. A former one
 * has ended, or waits for this one. */
void crash_enter_thread(struct crash_stack *stack);

/* Ends that thread, after a message, if the caller is it: without results it need not be. Another
 * caller goes on. */
void crash_give_up(void);

/* After it was joined: did it end so? */
bool crash_happened(void);

/* The fault in words: "SIGSEGV at address 0x8, in systrace-lib+0x1234". NULL: it gave up, and said
 * why. */
const char *crash_text(void);

#endif
