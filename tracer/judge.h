/*
 * judge.h - what is to become of a call, by who asks for it: --inject (injection.h) and --policy
 * (compartments/rules.h). Who asks is known from the stack, as in every table (report/callers.h):
 * what is found out of a stack or a library is kept, so that a call takes a few look-ups.
 */
#ifndef SYSTRACE_JUDGE_H
#define SYSTRACE_JUDGE_H

#include "componentnames.h"
#include "injection.h"
#include "phasecode.h"
#include "report/callers.h"

/* Why a call is outside the rules. */
enum outside {
    INSIDE,             /* it is not */
    OUTSIDE_RULES,      /* its compartment may not make it */
    OUTSIDE_INEXACT,    /* the same, but that it is of that compartment is not sure */
    OUTSIDE_UNKNOWN,    /* it is not known who asks, */
    OUTSIDE_COMPONENT,  /* or which component of a library that rules tell apart does, */
    OUTSIDE_LOADER,     /* or the loader does, */
    OUTSIDE_UNASSIGNED, /* or a library that is in no compartment */
};

struct ruling {
    bool refuse;    /* the kernel does not see the call, which returns */
    int64_t result; /* this */
    int signal;     /* for the thread; 0: none */
    enum outside outside;
    struct rules_action action;                  /* if it is outside */
    const struct rules_compartment *compartment; /* of the call; NULL: none */
    uint32_t library;                            /* of the caller: module of the run, */
    const char *component;           /* and its name in there, borrowed for now; "" for none */
    struct caller_function function; /* by which it is known */
};

struct judge {
    struct run *run;
    const struct options *options;
    const struct injections *injections;
    const struct rules *rules; /* NULL: no policy */
    struct callset always;     /* of what was allowed before: restart_syscall */
    struct phase_rules exits;  /* the functions of the phase `exit`, which have no names yet by */
    struct phase_code at_exit; /* which attribution could know them; if a rule is for a phase */
    struct callers callers;    /* zeroed until the first call */
    struct component_names names;
    struct judged_library {
        struct injection_set injections;
        const struct rules_compartment *compartment;
        enum outside outside; /* whatever it asks for */
    } * libraries;            /* by their numbers in callers */
};

/* -ENOMEM. Then also it is to be deinited. */
int judge_init(struct judge *judge, const struct options *options, struct run *run,
               const struct images *images);
void judge_deinit(struct judge *judge);

/* Is there anything to be asked about? */
static inline bool judge_asks(const struct judge *judge)
{
    return judge->injections->count || judge->rules;
}

/* A thread makes a call, on a stack of the run, in a user-defined phase of it. No memory ends us.
 */
struct ruling judge_call(struct judge *judge, uint32_t stack, uint32_t phase,
                         struct injection_state *state, enum abi abi, uint32_t nr);

/* "rules", "inexact" and so on. */
const char *outside_name(enum outside outside);

#endif
