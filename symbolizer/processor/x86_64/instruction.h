/*
 * instruction.h - what an x86-64 instruction does, as far as unwinding needs it: where control
 * goes, and what becomes of rsp and rbp (Intel SDM vol. 2).
 */
#ifndef SYSTRACE_INSTRUCTION_H
#define SYSTRACE_INSTRUCTION_H

#include "symbolizer/processor/x86_64/encoding.h"

struct instruction {
    struct encoding encoding;
    enum {
        FLOW_NEXT,
        FLOW_JUMP,   /* to `target` */
        FLOW_BRANCH, /* there, or on */
        FLOW_CALL,
        FLOW_COMPUTED, /* a jump to wherever a register or memory says */
        FLOW_RETURN,
        FLOW_END, /* an instruction that is not meant to be run, or leaves for good */
    } flow;
    int64_t target; /* of a direct jump, branch, or call: relative to the instruction's end */
    bool direct;    /* of a call: it has one */
    enum {
        STACK_SAME,
        STACK_MOVED,    /* rsp += amount */
        STACK_FROM_RBP, /* rsp = rbp + amount */
        STACK_LOST,
        /* gcc's functions that realign the stack keep where it was in r10, and then push the return
         * address again: push -8(%r10). */
        STACK_COPIED,
    } stack;
    int64_t amount;
    enum {
        RBP_SAME,
        RBP_PUSHED,
        RBP_POPPED,
        RBP_FROM_RSP, /* rbp = rsp + frame */
        RBP_CLEARED,
        RBP_LEFT, /* by `leave`: rsp = rbp, and rbp popped */
    } rbp;
    int64_t frame;
};

/* Decodes the instruction at the beginning of `size` bytes. False: it is none, is not known, or
 * does not end there. */
bool instruction_decode(const uint8_t *bytes, size_t size, struct instruction *ret);

#endif
