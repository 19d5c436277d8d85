/*
 * agentstop.h - with the engine agent (docs/agent.md): why a call stopped all the same, and what
 * became of the code at calls.
 */
#ifndef SYSTRACE_AGENTSTOP_H
#define SYSTRACE_AGENTSTOP_H

#include <stdbool.h>

/* Written to run files by name. */
enum agent_stop {
    AGENT_STOP_EARLY,   /* the process had not stopped often enough yet */
    AGENT_STOP_PROCESS, /* it cannot have the agent, or not just then */
    AGENT_STOP_THREAD,  /* nor the thread */
    AGENT_STOP_REST,    /* the process has it, but it has not paid */
    AGENT_STOP_CALL,    /* a call that always stops */
    AGENT_STOP_SITE,    /* its site is not patched (enum agent_form), or not yet */
    AGENT_STOP_NEW,     /* the stack was not known yet, */
    AGENT_STOP_STACK,   /* or cannot be known */
    AGENT_STOP_CHECK,   /* it was to be compared */
    AGENT_STOP_OTHER,   /* the stack was known: another frame size, a restart, a signal, ... */
    AGENT_STOPS         /* how many there are */
};

/* The same of the place of a call's instruction. */
enum agent_form {
    AGENT_FORM_ONE,     /* patched: one instruction is moved, */
    AGENT_FORM_HOP,     /* or one that is too short for the jump, which goes by padding, */
    AGENT_FORM_FEW,     /* or two to four */
    AGENT_FORM_NO_CALL, /* not patched, nor those below: it is in no function that is known */
    AGENT_FORM_UNDECODED,
    AGENT_FORM_UNMOVABLE,   /* what stands before it may not be moved */
    AGENT_FORM_JUMPED_INTO, /* control may come to an instruction that would be moved */
    AGENT_FORM_NO_ROOM,
    AGENT_FORMS /* how many there are */
};

/* The words for them in run files. */
extern const char *const agent_stop_names[AGENT_STOPS];
extern const char *const agent_form_names[AGENT_FORMS];

/* Is it one of those that are patched? */
static inline bool agent_form_is_patched(enum agent_form form)
{
    return form < AGENT_FORM_NO_CALL;
}

#endif
