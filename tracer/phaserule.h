/*
 * phaserule.h - what begins a user-defined phase of a process: the options --phase, and when one of
 * them comes true. Nothing here asks the kernel or reads a file.
 */
#ifndef SYSTRACE_PHASERULE_H
#define SYSTRACE_PHASERULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "record/syscalls.h"

enum {
    PHASE_RULES_MAX = 64, /* as many as a number has bits */
    PHASE_NAME_MAX = 100, /* bytes */
    PHASE_ERROR_MAX = 512,
};

/* "NAME@[LIBRARY:]FUNCTION", "NAME@MODULE+0xOFFSET" or "NAME=SYSCALL[:N]". */
struct phase_rule {
    char *text; /* owned, with the other strings in it */
    const char *name;
    enum phase_cause { PHASE_FUNCTION, PHASE_PLACE, PHASE_CALL } cause;
    const char *library;        /* a glob (report/glob.h) of the escaped name; NULL: any */
    const char *function;       /* likewise */
    uint64_t place;             /* file offset, in the function */
    int64_t numbers[ABI_COUNT]; /* of the call; -1: the ABI does not have it */
    uint64_t nth;               /* of these calls of a process; from 1 */
};

struct phase_rules {
    struct phase_rule *rules; /* owned */
    size_t count;
    uint64_t by_code; /* a bit for each that is begun by a function or a place */
};

/* How far a process has come in them. All 0: no user-defined phase has begun. */
struct phase_state {
    uint32_t phase; /* in which it is: its number in the run */
    uint64_t begun; /* a bit for each rule that has come true */
    uint64_t *seen; /* by rule: how many of its calls were made; NULL: none */
};

/* Is it a name that a user may give? Not the name of a built-in phase, and nothing that a table, a
 * filter or a line of commands would take apart. */
bool phase_name_is_valid(const char *name);
#define PHASE_NAME_RULE                                                                         \
    "a phase needs a name of at most 100 bytes, printable, without space, comma, '@', '=' and " \
    "backslash, which is not load, main or exit"

/* Is it a built-in phase, or one that a rule begins? */
bool phase_rules_have(const struct phase_rules *rules, const char *name);

/* Adds what an option says. 0, or negative: `error` says in a line what is wrong. */
int phase_rules_add(struct phase_rules *rules, const char *option,
                    char error[static PHASE_ERROR_MAX]);
void phase_rules_deinit(struct phase_rules *rules);

/* May a call of this process begin a phase? */
static inline bool phase_rules_wait(const struct phase_rules *rules,
                                    const struct phase_state *state)
{
    return rules->count && state->begun != UINT64_MAX >> (PHASE_RULES_MAX - rules->count);
}

enum { PHASE_RULE_NONE = -1 };

/*
 * The process makes a call, on a stack with the code of these rules (a bit for each). The index of
 * the rule by which a phase begins, with this call; PHASE_RULE_NONE; or -ENOMEM. Each comes true
 * once in the life of a program, and of several at once the last counts.
 */
int phase_rules_judge(const struct phase_rules *rules, struct phase_state *state, uint64_t under,
                      enum abi abi, uint32_t nr);

/* What a child of fork(2) begins with: what has begun has begun for it, too; its calls are counted
 * anew. */
struct phase_state phase_state_fork(const struct phase_state *parent);

/* To the beginning: of a new program, or the end of a process. */
void phase_state_reset(struct phase_state *state);

#endif
