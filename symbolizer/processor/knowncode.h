/*
 * knowncode.h - code that a walk knows by its instructions, for no table has it: how a signal
 * handler is returned from, how threads end, how Go starts them. Pure functions of bytes.
 */
#ifndef SYSTRACE_KNOWNCODE_H
#define SYSTRACE_KNOWNCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "symbolizer/processor/processor.h"

struct knowncode {
    uint8_t size;
    uint8_t bytes[15];
};

/* What ends with a system call: rt_sigreturn, in each way that C libraries make it, ended by one of
 * size 0; and clone, as Go makes it. */
extern const struct knowncode knowncode_sigreturns[];
extern const struct knowncode knowncode_go_clone;

/* How the function begins by which glibc's makecontext(3) lets a coroutine's first function return
 * (since 2.3). */
extern const struct knowncode knowncode_start_context;

enum { KNOWNCODE_BEFORE = 7 };

/* The number of a system call that the instruction loads which ends these bytes; -1: none. */
int knowncode_number(const uint8_t bytes[static KNOWNCODE_BEFORE]);

/* Is the first thing this code does that may lead elsewhere, within a few instructions, to end the
 * thread or its process by a system call? `number` is the call's that was loaded before, or -1. */
bool knowncode_ends_thread(const uint8_t *code, size_t size, int number);

/* The length of the instruction at the beginning of the code, if it leaves the stack pointer
 * somewhere on the same stack; 0: it loads another, or is not known. */
size_t knowncode_same_stack(const uint8_t *code, size_t size);

#endif
