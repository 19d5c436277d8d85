/*
 * attribute.h - who asked the kernel: the policy of docs/attribution.md as one pure function of a
 * stored stack. It knows no process, no ELF file and no run: only what each frame is.
 */
#ifndef SYSTRACE_ATTRIBUTE_H
#define SYSTRACE_ATTRIBUTE_H

#include <stdbool.h>
#include <stdint.h>
#include "stack.h"

/* What attribution must know of one frame, beside its place in the stack. Innermost first. */
struct attribute_frame {
    uint32_t library;  /* key of (module, component); equal keys are the same library */
    uint32_t marks;    /* of enum frame_mark */
    bool runtime;      /* in a runtime library */
    bool loader;       /* in a dynamic loader */
    bool libc;         /* in the C library proper */
    bool exit_handler; /* in exit(3), quick_exit(3) or the function that runs their handlers */
};

enum phase { PHASE_LOAD, PHASE_MAIN, PHASE_EXIT };

/* Frame indices of the input; ATTRIBUTE_NONE where there is none. */
#define ATTRIBUTE_NONE UINT32_MAX

struct attribution {
    uint32_t issuer; /* frame of the issuer; NONE: [unknown] */
    uint32_t caller; /* frame of the caller; NONE: [unknown] */
    uint32_t via;    /* frame of the runtime function that the caller called; NONE: it made the call
                        itself */
    uint32_t extent; /* frames [0, extent) are on the stack: up to a signal frame or all, and no
                        spawner of a child whose own frames already name the caller */
    bool unknown_on_stack; /* [unknown] is on the stack too: the stack is incomplete */
    /* The caller rests on a frame found by a heuristic, or is a tail frame
     * that is not proven, or is the C library in
     * a signal handler: its own, or one that left by a jump to it. */
    bool inexact;
    enum phase phase;
};

/*
 * `through_signals`: frames beyond a signal frame count as on the stack as well (never as callers).
 */
struct attribution attribute(const struct attribute_frame *frames, uint32_t depth,
                             enum stack_end end, bool through_signals);

const char *phase_name(enum phase phase);

#endif
