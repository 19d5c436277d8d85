/*
 * attribute.h - who asked the kernel: the policy of docs/attribution.md as one pure function of a
 * stored stack. It knows no process, no ELF file and no run: only what each frame is. It is
 * computed from the outermost frame in, a frame at a time, so that stacks that have their outer
 * frames in common share the work.
 */
#ifndef SYSTRACE_ATTRIBUTE_H
#define SYSTRACE_ATTRIBUTE_H

#include <stdbool.h>
#include <stdint.h>
#include "record/stack.h"

/* What attribution must know of one frame, beside its place in the stack. */
struct attribute_frame {
    uint32_t library;  /* key of (module, component); equal keys are the same library */
    uint32_t marks;    /* of enum frame_mark */
    bool runtime;      /* in a runtime library */
    bool loader;       /* in a dynamic loader */
    bool libc;         /* in the C library proper */
    bool exit_handler; /* in exit(3), quick_exit(3) or the function that runs their handlers */
};

enum phase { PHASE_LOAD, PHASE_MAIN, PHASE_EXIT };

/* Frames are numbered from the outermost, which is 0. In place of one: */
#define ATTRIBUTE_NONE UINT32_MAX

/* What is known of the frames from the one added last out to the outermost. */
struct attribution {
    uint32_t depth; /* how many these are */
    uint8_t end;    /* enum stack_end */

    /* The search for the caller, from the frame added last: */
    uint32_t caller;   /* the first frame outside the runtime libraries; NONE */
    uint32_t via;      /* the one that it called; NONE: it made the call itself */
    uint32_t signal;   /* the first signal frame, at which the search ends; NONE */
    bool inexact;      /* it rests on a frame found by a heuristic, or finds a tail frame */
    bool libc_handler; /* the frame that the signal frame called is in the C library */

    /* A process's phase, by all the frames, and by its own: those inside the first of a spawner. */
    struct attributed_life {
        uint32_t from; /* the outermost of them */
        bool load;     /* that is the loader's start */
        bool exit;     /* a frame is an exit handler's */
        bool runtime;  /* all are in runtime libraries */
    } all, own;
};

/* What that says of the stack. */
struct verdict {
    uint32_t issuer; /* frame of the issuer; NONE: [unknown] */
    uint32_t caller; /* frame of the caller; NONE: [unknown] */
    uint32_t via;    /* frame of the runtime function that the caller called; NONE: it made the call
                        itself */
    uint32_t outermost; /* frames [outermost, depth) are on the stack: up to a signal frame or all,
                           and no spawner of a child whose own frames already name the caller */
    bool own; /* the latter: they end at the process's own, or at a signal frame within these */
    bool unknown_on_stack; /* [unknown] is on the stack too: the stack is incomplete */
    /* The caller rests on a frame found by a heuristic, or is a tail frame
     * that is not proven, or is the C library in
     * a signal handler: its own, or one that left by a jump to it. */
    bool inexact;
    enum phase phase;
};

/* A stack without frames. */
struct attribution attribution_begin(enum stack_end end);

/* Adds the frame that the last one called. */
void attribution_add(struct attribution *attribution, const struct attribute_frame *frame);

/*
 * `through_signals`: frames beyond a signal frame count as on the stack as well (never as callers).
 */
struct verdict attribution_verdict(const struct attribution *attribution, bool through_signals);

const char *phase_name(enum phase phase);

#endif
