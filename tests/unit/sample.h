/*
 * sample.h - small runs for tests, with fixed ids and times. Header only: each test is one file.
 */
#ifndef SYSTRACE_TESTS_UNIT_SAMPLE_H
#define SYSTRACE_TESTS_UNIT_SAMPLE_H

#include "test.h"

#include "record/run.h"

/* Their numbers in a sample, which adds them in this order behind the pseudo-modules. */
enum { SAMPLE_LIBC = MODULE_FIRST, SAMPLE_LD, SAMPLE_APP, SAMPLE_LIBA };

static inline uint32_t sample_module(struct run *run, const char *name, const char *path,
                                     const char *soname, const char *identity)
{
    const struct module module = { .name = (char *)name,
                                   .path = (char *)path,
                                   .soname = (char *)soname,
                                   .identity = (char *)identity,
                                   .size = 1000,
                                   .loads = 1 };
    int64_t number = run_module(run, &module);
    assert_true(number >= 0);
    return (uint32_t)number;
}

/* An execution with the id dddd...d of one digit. */
static inline uint32_t sample_execution(struct run *run, char digit)
{
    int64_t number = run_add_execution(run);
    assert_true(number >= 0);

    struct execution *execution = &run->executions[number];
    memset(execution->id, digit, 32);
    execution->command = calloc(3, sizeof(char *));
    execution->command[0] = strdup("./app");
    execution->command[1] = strdup("\xff\n\\");
    execution->kernel = strdup("6.1.0");
    execution->machine = strdup("x86_64");
    execution->libc = strdup("glibc 2.36");
    execution->version = strdup("0.1.0");
    execution->engine = strdup("seccomp");
    execution->start = (struct timespec){ 1769903999, 123456789 };
    execution->end = (struct timespec){ 1769904000, 5 };
    execution->exit_status = 0;
    return (uint32_t)number;
}

/* Makes it one that attached to processes instead of starting a command. */
static inline void sample_attach(struct run *run, uint32_t execution, const int64_t *pids,
                                 size_t count)
{
    struct execution *e = &run->executions[execution];

    for (char **word = e->command; *word; word++)
        free(*word);
    e->command[0] = NULL;
    e->attach = calloc(count, sizeof(*pids));
    memcpy(e->attach, pids, count * sizeof(*pids));
    e->attach_count = count;
    e->exit_status = -1;
}

static inline uint32_t sample_stack(struct run *run, const struct frame *frames, uint32_t depth,
                                    enum stack_end end)
{
    int64_t number = stacks_intern(&run->stacks, frames, depth, end);
    assert_true(number >= 0);
    return (uint32_t)number;
}

/* Adds calls to the counts and to the entries of their execution; the index of their count. */
static inline uint32_t sample_calls(struct run *run, uint32_t execution, uint32_t stack,
                                    uint32_t nr, uint64_t calls)
{
    const struct count count = { .execution = execution, .stack = stack, .nr = nr, .calls = calls };
    int64_t index = run_count(run, &count);
    assert_in_range(index, 0, UINT32_MAX);
    run->executions[execution].entries += calls;
    return (uint32_t)index;
}

/* Calls with one stack, complete: these frames, innermost first. The index of their count. */
static inline uint32_t sample_calls_by(struct run *run, uint32_t execution,
                                       const struct frame *frames, uint32_t depth, uint32_t nr,
                                       uint64_t calls)
{
    uint32_t stack = sample_stack(run, frames, depth, STACK_COMPLETE);
    return sample_calls(run, execution, stack, nr, calls);
}

static inline void sample_modules(struct run *run)
{
    assert_int_equal(sample_module(run, "libc.so.6", "/lib/libc.so.6", "libc.so.6", "gnu:c0ffee"),
                     SAMPLE_LIBC);
    assert_int_equal(sample_module(run, "ld-linux-x86-64.so.2", "/lib/ld-linux-x86-64.so.2",
                                   "ld-linux-x86-64.so.2", "gnu:1d"),
                     SAMPLE_LD);
    assert_int_equal(sample_module(run, "app", "/bin/app", "", "gnu:a9"), SAMPLE_APP);
    assert_int_equal(sample_module(run, "liba.so.1.2", "/lib/liba.so.1.2", "liba.so.1", "sha1:a"),
                     SAMPLE_LIBA);
    assert_int_equal(run_program(run, "app", "/bin/app"), 0);
    assert_int_equal(run_add_symbol(run, SAMPLE_LIBC, 100, 50, "write", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(run, SAMPLE_LIBC, 200, 50, "exit", "", SOURCE_SYMTAB), 0);
    assert_int_equal(run_add_symbol(run, SAMPLE_APP, 10, 20, "main", "", SOURCE_SYMTAB), 0);
}

#define SAMPLE_START_STACK STACK_ENDS /* of sample_run()'s first execve */

/*
 * One execution of 18 calls: the first execve, 2 mmap by the loader, 10 write by liba, 3 by app, 1
 * exit_group while exiting, 1 whose stack broke before a caller.
 */
static inline void sample_run(struct run *run, char digit)
{
    assert_int_equal(run_init(run), 0);
    sample_modules(run);

    const struct frame start[] = { { MODULE_START, FRAME_ENTRY, 0 } };
    const struct frame load[] = { { SAMPLE_LD, 0, 40 }, { SAMPLE_LD, FRAME_ENTRY, 5 } };
    const struct frame by_liba[] = { { SAMPLE_LIBC, 0, 120 },
                                     { SAMPLE_LIBA, FRAME_TAIL, 7 },
                                     { SAMPLE_APP, 0, 15 },
                                     { SAMPLE_APP, FRAME_ENTRY, 1 } };
    const struct frame by_app[] = { { SAMPLE_LIBC, 0, 120 },
                                    { SAMPLE_APP, 0, 16 },
                                    { SAMPLE_APP, FRAME_ENTRY, 1 } };
    const struct frame leaving[] = { { SAMPLE_LIBC, 0, 300 },
                                     { SAMPLE_LIBC, 0, 210 },
                                     { SAMPLE_APP, FRAME_ENTRY, 1 } };
    const struct frame broken[] = { { SAMPLE_LIBC, 0, 120 } };
    uint32_t execution = sample_execution(run, digit);

    sample_calls_by(run, execution, start, 1, 59, 1);
    sample_calls_by(run, execution, load, 2, 9, 2);
    sample_calls_by(run, execution, by_liba, 4, 1, 10);
    sample_calls_by(run, execution, by_app, 3, 1, 3);
    sample_calls_by(run, execution, leaving, 3, 231, 1);
    sample_calls(run, execution, sample_stack(run, broken, 1, STACK_NO_CFI), 1, 1);
}

/* The same run as if results had been observed. Of the writes by liba 4 failed and took 5 s, of
 * those by app 1 failed, all else succeeded in no time. */
static inline void sample_run_with_results(struct run *run, char digit)
{
    sample_run(run, digit);
    run->executions[0].results = true;
    for (size_t i = 0; i < run->count_count; i++) {
        struct count *count = &run->counts[i];
        bool by_liba = count->calls == 10, by_app = count->calls == 3;
        count->errors = by_liba ? 4 : by_app;
        count->nanoseconds = by_liba ? 5000000000 : by_app ? 1234567 : 0;
    }
}

/* What a function prints to a file, as a string to be freed. */
#define PRINTED(call)                                \
    ({                                               \
        char *text_ = NULL;                          \
        size_t size_;                                \
        FILE *file = open_memstream(&text_, &size_); \
        assert_non_null(file);                       \
        assert_int_equal((call), 0);                 \
        fclose(file);                                \
        text_;                                       \
    })

#endif
