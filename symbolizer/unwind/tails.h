/*
 * tails.h - what lies between a call and the function that is found inside it: the functions that
 * left by tail calls, as far as code proves which; or a doubt, where a call through a pointer may
 * have named a function that left. What was decided is kept with the code of the address space.
 */
#ifndef SYSTRACE_TAILS_H
#define SYSTRACE_TAILS_H

#include "symbolizer/unwind/space.h"

enum { TAILS_MAX = 8 };

struct between {
    /* The functions that left by tail calls, from the one that the call names inwards. */
    uint32_t count;
    struct {
        uint32_t module;
        uint64_t offset;
    } functions[TAILS_MAX];
    bool proven;       /* there was no other way; else there may have been */
    bool settled;      /* it stays so as long as the code does, */
    uint64_t variable; /* and the word at this address; 0: none decides */
    /* What the call names never comes to the inner function: it was not this call. */
    bool impossible;
};

struct tails_context {
    struct images *images;
    struct space *space;
    const struct target *target;
    struct codepages *pages;
};

/* Decides by the call at `site` and the function of `inner`, the site of the next frame inwards,
 * both known (callee_resolve). 0; negative errno: memory could not be read. */
int tails_find(const struct tails_context *context, struct site *site, const struct site *inner,
               struct between *ret);

/* The same where `inner` was started by the code at `site`, which has no call: by the address of
 * any function. */
int tails_find_started(const struct tails_context *context, struct site *site,
                       const struct site *inner, struct between *ret);

#endif
