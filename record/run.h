/*
 * run.h - the complete record of one run, or of several merged runs, in memory: everything that a
 * table or picture is made from, without the program. It grows with distinct stacks, not with
 * calls. runfile.h reads and writes it as JSON; the tracer fills it.
 */
#ifndef SYSTRACE_RUN_H
#define SYSTRACE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "record/agentstop.h"
#include "record/module.h"
#include "record/place.h"
#include "record/slots.h"
#include "record/source.h"
#include "record/stack.h"
#include "record/syscalls.h"

/* The executable image a process runs. All strings owned raw bytes. */
struct program {
    char *name; /* under which it was executed: "redis-server" */
    char *path; /* of the file: "/usr/bin/redis-check-rdb", to which that is a link */
};

/* The function that holds a frame's offset. */
struct symbol {
    uint32_t module;
    uint64_t offset; /* file offset of its first byte */
    uint64_t size;   /* bytes, never 0 */
    char *name;      /* owned, demangled */
    char *component; /* owned; of what was linked in statically (component.h), "" if not known */
    enum source source;
    uint32_t
        outer; /* private: number + 1 of the nearest symbol before that ends after this one, or 0 */
};

/* A function that the compiler put into another, at the place of a frame. */
struct inlined {
    uint32_t module;
    uint64_t offset; /* of the frame */
    uint32_t
        position; /* 0: the innermost; each is inlined into the next, the last into the symbol */
    char *name;   /* as a symbol's */
    char *component;
};

/* Where in the source a frame's place is, or that of a function inlined there. */
struct source_line {
    uint32_t module;
    uint64_t offset;   /* of the frame */
    uint32_t position; /* an inlined function's; the one behind the last of them: the symbol's */
    char *file;        /* owned raw bytes, never empty */
    uint32_t line;     /* 1..INT32_MAX */
};

/* Where a function without a symbol is: code of one unwind entry. */
struct extent {
    struct place start;
    uint64_t size; /* bytes, never 0 */
};

/* Is the call of a frame on a loop of its function (loops.h)? Names in run files. */
enum loop_kind { LOOP_UNKNOWN, LOOP_LIKELY, LOOP_PROVEN, LOOP_KINDS };

struct loop {
    struct place place; /* of the frame */
    enum loop_kind kind;
};

/* Calls with one key: the fields before `calls`. */
struct count {
    uint32_t execution; /* index in run.executions */
    uint32_t program;
    uint32_t phase; /* index in run.phases: the user-defined phase */
    uint32_t stack;
    uint32_t abi; /* enum abi */
    uint32_t nr;  /* x32: without bit 30 */
    uint64_t calls;
    uint64_t errors;      /* of these: returned an error */
    uint64_t nanoseconds; /* between entry and return, of all calls that returned */
};

/* What the engine cannot know. */
#define COUNT_UNKNOWN UINT64_MAX

/* One traced execution: what is recorded once for each. */
struct execution {
    char id[33];                /* random, 128 bits, lower-case hex */
    char **command;             /* NULL-terminated, owned; NULL or empty if there is `attach` */
    int64_t *attach;            /* the processes attached to, owned; none for a command */
    size_t attach_count;        /* of these */
    char *kernel;               /* uname -r */
    char *machine;              /* uname -m */
    char *libc;                 /* of the tracer: "glibc 2.36" */
    char *version;              /* of systrace-lib */
    char *engine;               /* that ran: "seccomp", "ptrace" or "agent" */
    char *workload;             /* what it was made to do; "" or NULL: not said */
    struct timespec start, end; /* CLOCK_REALTIME */
    int exit_status;            /* of the command: 0..255, or -1 */
    int exit_signal;            /* that killed it, or 0 */
    bool results;               /* returns were observed: errors and nanoseconds are known */
    bool cut_short;             /* the tracer stopped before the last tracee ended */
    /* Quality: what the tracer counted, independently of the counts below. */
    uint64_t entries;  /* entries into the kernel that it saw; equals the sum of calls */
    uint64_t denied;   /* of these: denied by a seccomp filter of the program's own;
                          COUNT_UNKNOWN with the engine ptrace */
    uint64_t refused;  /* of these: a rule of the user's answered them, and not the kernel */
    uint64_t killed;   /* of these: the thread was killed right there, or not seen to leave the call
                          alive. At most so many the kernel itself does not count */
    uint64_t vsyscall; /* calls of the vsyscall page: no entries; COUNT_UNKNOWN likewise */
    uint64_t agent_calls; /* of these: counted within the process, without a stop (docs/agent.md) */
    uint64_t agent_stops[AGENT_STOPS]; /* of these: stopped with the engine agent, by why; 0 with
                                          others, else with agent_calls all of `entries` */
    uint64_t agent_sites[AGENT_FORMS]; /* from where these were made, and what became of their code:
                                          each once for each address space */
    uint64_t agent_setup;   /* calls that processes made for that, or had to begin again because of
                               it: no entries, but the kernel counts them */
    uint64_t agent_repeats; /* signals by which calls that it had counted may have been interrupted
                               without a stop: at most so many the kernel has made again by itself,
                               which are no entries here */
    uint64_t paused;        /* entries while recording was paused: not among `entries` */
    uint64_t lost;          /* entries known to have been missed: 0, and shown */
    uint64_t memo_hits;     /* stacks that the memo alone knew */
    uint64_t memo_misses;   /* stacks that it did not: they were walked, at least in part, */
    uint64_t hard_walks;    /* and of these so many met a hard row (symbolizer/image/row.h) */
};

struct run {
    struct execution *executions;
    size_t execution_count;
    struct program *programs;
    size_t program_count;
    char **phases; /* names of user-defined phases; the first is "", for none */
    size_t phase_count;
    struct module *modules; /* the pseudo-modules of module.h first */
    size_t module_count;
    struct symbol *symbols;
    size_t symbol_count;
    size_t
        symbols_sorted; /* how many of them, from the first on, are in order and without doubles */
    struct inlined *inlined;
    size_t inlined_count;
    size_t inlined_sorted; /* as symbols_sorted */
    struct source_line *lines;
    size_t line_count;
    size_t lines_sorted;
    struct extent *extents;
    size_t extent_count;
    size_t extents_sorted;
    struct loop *loops;
    size_t loop_count;
    size_t loops_sorted;
    struct stacks stacks;
    struct count *counts; /* one per key */
    size_t count_count;
    struct slots count_slots; /* by their keys */
    /* growth of the arrays above, private */
    size_t execution_capacity, program_capacity, phase_capacity, module_capacity, symbol_capacity,
        inlined_capacity, line_capacity, extent_capacity, loop_capacity, count_capacity;
};

/* An empty run with the three pseudo-modules; -ENOMEM. */
int run_init(struct run *run);
void run_deinit(struct run *run);

/* A new execution, zeroed but for its random id and exit_status -1; its index. Negative errno. */
int64_t run_add_execution(struct run *run);

/* The index of the program, phase or module with this key, added if new; strings are copied.
 * -ENOMEM. A module's key is (identity, name, path); run_module adds `module->loads` to it. */
int64_t run_program(struct run *run, const char *name, const char *path);
int64_t run_phase(struct run *run, const char *name);
bool run_has_phase(const struct run *run, const char *name); /* adds none */
int64_t run_module(struct run *run, const struct module *module);

/* Adds a symbol (texts copied). Of two with the same module and offset only one stays: the longer,
 * else the one with the bytewise lesser name, else component, else the earlier source. `size` is
 * not 0 and offset + size is no overflow. -ENOMEM. */
int run_add_symbol(struct run *run, uint32_t module, uint64_t offset, uint64_t size,
                   const char *name, const char *component, enum source source);

/* Adds an inlined function (texts copied). Of two at the same module, offset and position only the
 * one with the bytewise lesser name stays, else component. -ENOMEM. */
int run_add_inlined(struct run *run, uint32_t module, uint64_t offset, uint32_t position,
                    const char *name, const char *component);

/* The functions inlined at the place of a frame, by their position; how many. Sorts them on first
 * use. */
size_t run_find_inlined(struct run *run, uint32_t module, uint64_t offset,
                        const struct inlined **ret);

/* Adds a source line (text copied). Of two at the same module, offset and position only the one
 * with the bytewise lesser file stays, else the lesser line. -ENOMEM. */
int run_add_line(struct run *run, uint32_t module, uint64_t offset, uint32_t position,
                 const char *file, uint32_t line);

/* The source line of a frame's place at a position, or NULL. Sorts them on first use. */
const struct source_line *run_find_line(struct run *run, uint32_t module, uint64_t offset,
                                        uint32_t position);

/* Adds where a function without a symbol is. Of two with the same module and offset only the longer
 * stays. `size` is not 0 and offset + size is no overflow. -ENOMEM. */
int run_add_extent(struct run *run, uint32_t module, uint64_t offset, uint64_t size);

/* The one that holds this offset of the module, or NULL. Sorts them on first use. */
const struct extent *run_find_extent(struct run *run, uint32_t module, uint64_t offset);

/* Adds that the call of a frame with this place is likely on a loop, or proven to be. Of both at
 * one place the latter stays. -ENOMEM. */
int run_add_loop(struct run *run, uint32_t module, uint64_t offset, enum loop_kind kind);

/* What was added of a place. Sorts them on first use. */
enum loop_kind run_find_loop(struct run *run, uint32_t module, uint64_t offset);

/* "likely-loop", "loop"; NULL: no kind that is recorded. */
const char *loop_kind_name(enum loop_kind kind);

/* Adds calls, errors and nanoseconds to the count with this key. Hot: one hash look-up. The index
 * of the count, for run_add_result(); -ENOMEM. */
int64_t run_count(struct run *run, const struct count *count);

/* Adds what came of one of its calls to the count with this index. */
void run_add_result(struct run *run, uint32_t count, bool error, uint64_t nanoseconds);

/* The raw name of what an execution was made to do: as the user called it, else the base name of
 * its command; "[attached]" if there is no command. Borrowed. */
const char *run_workload(const struct execution *execution);

/* Were the returns of calls observed in at least one execution? */
bool run_has_results(const struct run *run);

/* The sum, or INT64_MAX if it is more: the most that a run file can say. */
uint64_t run_sum(uint64_t a, uint64_t b);

/* The symbol whose range holds this offset of the module, or NULL; of several the one that starts
 * last. Sorts the symbols on first use. */
const struct symbol *run_find_symbol(struct run *run, uint32_t module, uint64_t offset);

/* Calls of one execution by what is known of their stacks, whatever libraries are runtime
 * libraries. */
struct quality {
    uint64_t by_end[STACK_ENDS]; /* complete, or incomplete for this reason */
    uint64_t inexact;            /* on a stack that has an inexact or a tail frame */
};

/* Adds up the counts: ret[i] is of the execution i and is overwritten. */
void run_quality(const struct run *run, struct quality *ret);

/*
 * Adds `other` to `run`: associative and commutative once sorted. -EEXIST if an execution id is in
 * both, -EOVERFLOW if the calls of all executions exceed INT64_MAX (in both cases `run` is
 * untouched), -ENOMEM.
 */
int run_merge(struct run *run, const struct run *other);

/*
 * Puts everything in the one order that depends on nothing but what is recorded: executions by id,
 * all else by its key, pseudo-modules and the phase "" first. Every index obtained before is void.
 * -ENOMEM.
 */
int run_sort(struct run *run);

/* For run*.c: put the symbols, the inlined functions, the lines in order, and what run_code.c has,
 * by the new numbers of modules; free the former three; rebuild the slots of the counts. */
void run_sort_symbols(struct run *run);
void run_sort_inlined(struct run *run);
void run_sort_lines(struct run *run);
void run_sort_code(struct run *run, const uint32_t *to);
void run_free_symbols(struct run *run);
void run_index_counts(struct run *run);

#endif
