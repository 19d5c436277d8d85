/* attribute.c - worked stacks: who asked, who issued, what is on the stack, in which phase. The
 * table is that of docs/attribution.md. */
#include "test.h"

#include "report/attribute.h"

enum library { LIBC_, LD_, APP_, A_, B_, STDCXX_, VDSO_, ANON_, START_ };

/* Frames of a stack, each with its marks. */
/* clang-format off */
#define LIBC(m)   { .library = LIBC_, .marks = (m), .runtime = true, .libc = true }
#define LD(m)     { .library = LD_, .marks = (m), .runtime = true, .loader = true }
#define VDSO(m)   { .library = VDSO_, .marks = (m), .runtime = true }
#define EXIT(m)   \
    { .library = LIBC_, .marks = (m), .runtime = true, .libc = true, .exit_handler = true }
#define APP(m)    { .library = APP_, .marks = (m) }
#define A(m)      { .library = A_, .marks = (m) }
#define B(m)      { .library = B_, .marks = (m) }
#define STDCXX(m) { .library = STDCXX_, .marks = (m) }
#define ANON(m)   { .library = ANON_, .marks = (m) }
#define START(m)  { .library = START_, .marks = (m), .loader = true }
/* clang-format on */

#define SIGNAL  FRAME_SIGNAL
#define INEXACT FRAME_INEXACT
#define TAIL    FRAME_TAIL
#define SPAWNED FRAME_SPAWNED_BY
#define ENTRY   FRAME_ENTRY

enum { NONE = -1, MOST_FRAMES = 10 };

struct row {
    const char *what;
    struct attribute_frame frames[MOST_FRAMES];
    uint32_t depth;
    enum stack_end end;
    bool through_signals;
    /* expected */
    int caller, via, extent;
    bool inexact;
    enum phase phase;
};

#define FRAMES(...)  \
    { __VA_ARGS__ }, \
        sizeof((struct attribute_frame[]){ __VA_ARGS__ }) / sizeof(struct attribute_frame)

/* The last line of each: end, through_signals; caller, via, extent, inexact, phase. */
/* clang-format off */
static const struct row rows[] = {
    /* Who asked */
    { "main calls write()",
      FRAMES(LIBC(0), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 4, false, PHASE_MAIN },
    { "a library calls fopen(), which opens by two frames of libc",
      FRAMES(LIBC(0), LIBC(0), A(0), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 2, 1, 6, false, PHASE_MAIN },
    { "a library with a syscall instruction of its own",
      FRAMES(A(0), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 4, false, PHASE_MAIN },
    { "liba asks libb, which asks the kernel",
      FRAMES(LIBC(0), B(0), A(0), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 5, false, PHASE_MAIN },
    { "a callback: the program, in qsort's comparator, called by a library",
      FRAMES(LIBC(0), APP(0), LIBC(0), A(0), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 7, false, PHASE_MAIN },
    { "operator new: libstdc++ is a caller like any other",
      FRAMES(LIBC(0), STDCXX(0), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 5, false, PHASE_MAIN },
    { "clock_gettime() falls back from the vDSO to the kernel",
      FRAMES(VDSO(0), LIBC(0), A(0), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 2, 1, 5, false, PHASE_MAIN },
    { "JIT code calls libc",
      FRAMES(LIBC(0), ANON(0), A(0), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 5, false, PHASE_MAIN },
    { "no list of runtime libraries: libc is its own caller",
      FRAMES({ .library = LIBC_ }, { .library = LIBC_ }, A(0), APP(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 4, false, PHASE_MAIN },

    /* Nobody asked */
    { "the loader maps a library",
      FRAMES(LD(0), LD(0), LD(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 3, false, PHASE_LOAD },
    { "a thread starts: set_robust_list",
      FRAMES(LIBC(0), LIBC(0)),
      STACK_COMPLETE, false, 0, NONE, 2, false, PHASE_MAIN },
    { "libc under the loader, through IRELATIVE",
      FRAMES(LIBC(0), LD(0), LD(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 3, false, PHASE_LOAD },
    { "the tracer's first execve",
      FRAMES(START(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 1, false, PHASE_LOAD },

    /* Loading and exiting */
    { "a constructor run by the loader at start",
      FRAMES(LIBC(0), A(0), LD(0), LD(0), LD(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 5, false, PHASE_LOAD },
    { "a constructor run by dlopen()",
      FRAMES(LIBC(0), A(0), LD(0), LIBC(0), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 7, false, PHASE_MAIN },
    { "dlopen() itself: the program asked for the mapping",
      FRAMES(LD(0), LD(0), LIBC(0), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 3, 2, 6, false, PHASE_MAIN },
    { "exit_group after main: _start is the program's",
      FRAMES(LIBC(0), EXIT(0), EXIT(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 4, 3, 5, false, PHASE_EXIT },
    { "stdio is flushed after main",
      FRAMES(LIBC(0), LIBC(0), EXIT(0), EXIT(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 5, 4, 6, false, PHASE_EXIT },
    { "a library calls exit()",
      FRAMES(LIBC(0), EXIT(0), EXIT(0), A(0), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 3, 2, 6, false, PHASE_EXIT },
    { "a destructor of a library",
      FRAMES(LIBC(0), A(0), LD(0), EXIT(0), EXIT(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 7, false, PHASE_EXIT },
    { "a constructor calls exit(): still loading",
      FRAMES(LIBC(0), EXIT(0), EXIT(0), A(0), LD(0), LD(ENTRY)),
      STACK_COMPLETE, false, 3, 2, 6, false, PHASE_LOAD },
    { "the loader is outermost, but not at its start: no phase of its own",
      FRAMES(LIBC(0), A(0), LD(0)),
      STACK_COMPLETE, false, 1, 0, 3, false, PHASE_MAIN },

    /* Signals */
    { "a handler of a library interrupts the program",
      FRAMES(LIBC(0), A(0), LIBC(SIGNAL), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 3, false, PHASE_MAIN },
    { "the same, with what was interrupted on the stack",
      FRAMES(LIBC(0), A(0), LIBC(SIGNAL), APP(0), APP(ENTRY)),
      STACK_COMPLETE, true, 1, 0, 5, false, PHASE_MAIN },
    { "rt_sigreturn: the signal frame itself calls",
      FRAMES(LIBC(SIGNAL), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 1, false, PHASE_MAIN },
    { "rt_sigreturn, through signals",
      FRAMES(LIBC(SIGNAL), A(0), APP(ENTRY)),
      STACK_COMPLETE, true, 0, NONE, 3, false, PHASE_MAIN },
    { "libc's own handler (setxid in all threads), or one that left by a jump to libc",
      FRAMES(LIBC(0), LIBC(SIGNAL), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 2, true, PHASE_MAIN },
    { "the same, but that a handler runs is only likely",
      FRAMES(LIBC(0), LIBC(SIGNAL | INEXACT), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 0, NONE, 2, true, PHASE_MAIN },
    { "a signal in an exit handler: the process is exiting",
      FRAMES(LIBC(0), A(0), LIBC(SIGNAL), LIBC(0), EXIT(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 3, false, PHASE_EXIT },
    { "a signal while loading",
      FRAMES(LIBC(0), A(0), LIBC(SIGNAL), LD(0), LD(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 3, false, PHASE_LOAD },

    /* Incomplete stacks */
    { "the walk broke behind the caller",
      FRAMES(LIBC(0), A(0), APP(0)),
      STACK_NO_CFI, false, 1, 0, 3, false, PHASE_MAIN },
    { "the walk broke before a caller was found",
      FRAMES(LIBC(0), LIBC(0)),
      STACK_NO_CFI, false, NONE, NONE, 2, false, PHASE_MAIN },
    { "it broke beyond a signal frame: nobody there could have asked",
      FRAMES(LIBC(0), LIBC(SIGNAL), LIBC(0)),
      STACK_UNREADABLE, false, 0, NONE, 2, true, PHASE_MAIN },
    { "it broke at the signal frame",
      FRAMES(LIBC(0), LIBC(SIGNAL)),
      STACK_BAD_CFI, false, 0, NONE, 2, true, PHASE_MAIN },
    { "not even the map can be read",
      { LIBC(0) }, 0,
      STACK_MEMORY_DENIED, false, NONE, NONE, 0, false, PHASE_MAIN },

    /* Heuristics and tail calls */
    { "a tail frame is the caller: return close(fd);",
      FRAMES(LIBC(0), A(TAIL), APP(0), LIBC(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 5, true, PHASE_MAIN },
    { "a tail frame called by its own library: it may have left to a third one",
      FRAMES(LIBC(0), A(TAIL), A(0), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 5, true, PHASE_MAIN },
    { "a tail frame that was called by nobody known",
      FRAMES(LIBC(0), A(TAIL)),
      STACK_NO_CFI, false, 1, 0, 2, true, PHASE_MAIN },
    { "a tail frame behind the caller",
      FRAMES(LIBC(0), A(0), B(TAIL), APP(0), APP(ENTRY)),
      STACK_COMPLETE, false, 1, 0, 5, false, PHASE_MAIN },
    { "a tail frame in libc before the caller: the caller is sure",
      FRAMES(LIBC(0), LIBC(TAIL), A(0), APP(ENTRY)),
      STACK_COMPLETE, false, 2, 1, 4, false, PHASE_MAIN },
    { "the caller was found by a heuristic",
      FRAMES(LIBC(0), A(INEXACT), APP(INEXACT)),
      STACK_COMPLETE, false, 1, 0, 3, true, PHASE_MAIN },
    { "a heuristic before the caller",
      FRAMES(LIBC(0), LIBC(INEXACT), A(INEXACT), APP(INEXACT)),
      STACK_COMPLETE, false, 2, 1, 4, true, PHASE_MAIN },
    { "a heuristic behind the caller",
      FRAMES(LIBC(0), A(0), APP(INEXACT)),
      STACK_COMPLETE, false, 1, 0, 3, false, PHASE_MAIN },
    { "nobody asked, says a heuristic",
      FRAMES(LIBC(0), LIBC(INEXACT)),
      STACK_COMPLETE, false, 0, NONE, 2, true, PHASE_MAIN },

    /* Spawned children */
    { "the child of posix_spawn(), called by a library",
      FRAMES(LIBC(0), LIBC(0), LIBC(SPAWNED), LIBC(SPAWNED), A(SPAWNED), APP(SPAWNED),
             APP(SPAWNED | ENTRY)),
      STACK_COMPLETE, false, 4, 3, 7, false, PHASE_MAIN },
    { "a child with a function of its own: its maker did not ask",
      FRAMES(LIBC(0), B(0), LIBC(0), LIBC(SPAWNED), A(SPAWNED), APP(SPAWNED | ENTRY)),
      STACK_COMPLETE, false, 1, 0, 3, false, PHASE_MAIN },
    { "system() in an exit handler",
      FRAMES(LIBC(0), LIBC(SPAWNED), A(SPAWNED), EXIT(SPAWNED), APP(SPAWNED | ENTRY)),
      STACK_COMPLETE, false, 2, 1, 5, false, PHASE_EXIT },
    { "a spawned child whose maker's stack is broken",
      FRAMES(LIBC(0), LIBC(SPAWNED)),
      STACK_CYCLE, false, NONE, NONE, 2, false, PHASE_MAIN },
    { "posix_spawn() in a signal handler",
      FRAMES(LIBC(0), LIBC(SPAWNED), A(SPAWNED), LIBC(SPAWNED | SIGNAL), APP(SPAWNED | ENTRY)),
      STACK_COMPLETE, false, 2, 1, 4, false, PHASE_MAIN },
};
/* clang-format on */

/* What is said of frames, with these numbered from the innermost, as they are in the array. */
struct answer {
    uint32_t issuer, caller, via, extent;
    bool inexact, unknown_on_stack;
    enum phase phase;
};

static uint32_t from_innermost(uint32_t depth, uint32_t frame)
{
    return frame == ATTRIBUTE_NONE ? ATTRIBUTE_NONE : depth - 1 - frame;
}

static struct answer attribute(const struct attribute_frame *frames, uint32_t depth,
                               enum stack_end end, bool through_signals)
{
    struct attribution attribution = attribution_begin(end);

    for (uint32_t i = depth; i > 0; i--)
        attribution_add(&attribution, &frames[i - 1]);
    assert_int_equal(attribution.depth, depth);
    struct verdict verdict = attribution_verdict(&attribution, through_signals);
    return (struct answer){ .issuer = from_innermost(depth, verdict.issuer),
                            .caller = from_innermost(depth, verdict.caller),
                            .via = from_innermost(depth, verdict.via),
                            .extent = depth - verdict.outermost,
                            .inexact = verdict.inexact,
                            .unknown_on_stack = verdict.unknown_on_stack,
                            .phase = verdict.phase };
}

static void check(const struct row *row)
{
    struct answer got = attribute(row->frames, row->depth, row->end, row->through_signals);

    if ((int)got.caller != row->caller)
        fail_msg("%s: the caller is frame %d, not %d", row->what, (int)got.caller, row->caller);
    if ((int)got.via != row->via)
        fail_msg("%s: via is frame %d, not %d", row->what, (int)got.via, row->via);
    if ((int)got.extent != row->extent)
        fail_msg("%s: the extent is %d, not %d", row->what, (int)got.extent, row->extent);
    if (got.inexact != row->inexact)
        fail_msg("%s: inexact is %d", row->what, got.inexact);
    if (got.phase != row->phase)
        fail_msg("%s: the phase is %s", row->what, phase_name(got.phase));
    if (got.issuer != (row->depth ? 0 : ATTRIBUTE_NONE))
        fail_msg("%s: the issuer is frame %d", row->what, (int)got.issuer);
    if (got.unknown_on_stack != (row->end != STACK_COMPLETE))
        fail_msg("%s: unknown_on_stack is %d", row->what, got.unknown_on_stack);
}

static void test_worked_stacks(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++)
        check(&rows[i]);
}

/* What holds for every stack of up to four frames of these kinds. */
static void check_invariants(const struct attribute_frame *frames, uint32_t depth,
                             enum stack_end end)
{
    struct answer near = attribute(frames, depth, end, false);
    struct answer far = attribute(frames, depth, end, true);

    assert_int_equal(near.caller, far.caller);
    assert_int_equal(near.via, far.via);
    assert_int_equal(near.phase, far.phase);
    assert_true(near.extent <= far.extent && far.extent <= depth);
    assert_true(near.extent > 0 && near.issuer == 0);
    if (near.caller == ATTRIBUTE_NONE) {
        assert_true(end != STACK_COMPLETE && near.via == ATTRIBUTE_NONE && !near.inexact);
        return;
    }
    assert_true(near.caller < near.extent);
    assert_true(near.via == ATTRIBUTE_NONE ? near.caller == 0 : near.via + 1 == near.caller);
    if (near.via != ATTRIBUTE_NONE)
        assert_true(frames[near.via].runtime && !frames[near.caller].runtime);
    for (uint32_t i = 0; i < near.caller; i++)
        assert_true(frames[i].runtime && !(frames[i].marks & SIGNAL));
}

static void test_invariants(void **state)
{
    static const struct attribute_frame kinds[] = {
        LIBC(0), LD(ENTRY),  A(0),          APP(ENTRY),    EXIT(0),    LIBC(SIGNAL),
        A(TAIL), A(INEXACT), LIBC(INEXACT), LIBC(SPAWNED), A(SPAWNED), A(SIGNAL),
    };
    enum { KINDS = LENGTH(kinds) };
    (void)state;

    for (uint32_t depth = 1, count = KINDS; depth <= 4; depth++, count *= KINDS)
        for (uint32_t number = 0; number < count; number++) {
            struct attribute_frame frames[4];
            for (uint32_t i = 0, rest = number; i < depth; i++, rest /= KINDS)
                frames[i] = kinds[rest % KINDS];
            check_invariants(frames, depth, STACK_COMPLETE);
            check_invariants(frames, depth, STACK_NO_CFI);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_stacks),
        cmocka_unit_test(test_invariants),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
