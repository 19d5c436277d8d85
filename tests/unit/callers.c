/* callers.c - who asked, by the stack's number: asked in any order and while the run grows, kept,
 * and forgotten when that is due. */
#include "sample.h"

#include <errno.h>
#include "report/callers.h"

static const struct table_options defaults;

static const struct caller *find(struct callers *callers, uint32_t stack)
{
    const struct caller *caller = NULL;

    assert_int_equal(callers_find(callers, stack, &caller), 0);
    assert_non_null(caller);
    return caller;
}

static uint32_t library_of(struct callers *callers, uint32_t stack)
{
    return find(callers, stack)->library;
}

static bool has(const struct callers *callers, uint32_t set, uint32_t library)
{
    while (set != LIBRARY_SET_EMPTY && callers->sets.sets[set].library != library)
        set = callers->sets.sets[set].rest;
    return set != LIBRARY_SET_EMPTY;
}

static void check_same(const struct callers *a, const struct caller *left, const struct callers *b,
                       const struct caller *right)
{
    assert_int_equal(left->verdict.caller, right->verdict.caller);
    assert_int_equal(left->verdict.via, right->verdict.via);
    assert_int_equal(left->verdict.outermost, right->verdict.outermost);
    assert_int_equal(left->verdict.phase, right->verdict.phase);
    assert_int_equal(left->verdict.inexact, right->verdict.inexact);
    assert_int_equal(left->verdict.unknown_on_stack, right->verdict.unknown_on_stack);
    assert_int_equal(left->library, right->library);
    assert_int_equal(left->issuer, right->issuer);
    assert_int_equal(left->line, right->line);
    for (uint32_t i = 0; i < a->library_count; i++)
        assert_int_equal(has(a, left->on_stack, i), has(b, right->on_stack, i));
}

/* write(2) in libc, called by liba or the executable. */
static uint32_t stack_by(struct run *run, uint32_t library, uint64_t offset)
{
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 },
                                    { library, 0, offset },
                                    { SAMPLE_APP, FRAME_ENTRY, 1 } };
    return sample_stack(run, frames, 3, STACK_COMPLETE);
}

/* Those without frames too; what is asked for first is the last. */
static void test_any_order(void **state)
{
    struct run run;
    struct callers up, down;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(callers_init(&up, &run, &defaults), 0);
    assert_int_equal(callers_init(&down, &run, &defaults), 0);
    assert_int_equal(up.known, 0);
    for (uint32_t i = 0; i < run.stacks.count; i++) {
        uint32_t j = run.stacks.count - 1 - i;
        find(&down, j);
        find(&up, i);
        assert_int_equal(up.known, i + 1);
        assert_int_equal(down.known, run.stacks.count);
    }
    for (uint32_t i = 0; i < run.stacks.count; i++)
        check_same(&up, callers_known(&up, i), &down, callers_known(&down, i));
    for (uint32_t i = 0; i < STACK_ENDS; i++) {
        assert_int_equal(find(&up, i)->library, MODULE_UNKNOWN);
        assert_int_equal(find(&up, i)->line, ATTRIBUTE_NONE);
        assert_true(has(&up, find(&up, i)->on_stack, MODULE_UNKNOWN));
    }
    callers_deinit(&up);
    callers_deinit(&down);
    run_deinit(&run);
}

static void test_answer(void **state)
{
    struct run run;
    struct callers callers;
    (void)state;

    sample_run(&run, '1');
    uint32_t stack = stack_by(&run, SAMPLE_LIBA, 8);
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    const struct caller *caller = find(&callers, stack);
    assert_int_equal(caller->library, SAMPLE_LIBA);
    assert_int_equal(caller->issuer, SAMPLE_LIBC);
    assert_int_equal(caller->line, 1);
    assert_int_equal(caller->verdict.caller, 1); /* from the outermost */
    assert_int_equal(caller->verdict.phase, PHASE_MAIN);
    assert_false(caller->verdict.unknown_on_stack || caller->verdict.inexact);
    assert_true(has(&callers, caller->on_stack, SAMPLE_APP));
    assert_true(has(&callers, caller->on_stack, SAMPLE_LIBC));
    assert_false(has(&callers, caller->on_stack, SAMPLE_LD));
    assert_false(has(&callers, caller->on_stack, MODULE_UNKNOWN));
    callers_deinit(&callers);
    run_deinit(&run);
}

/* Once known, an answer is not made again: the run could even hold something else by now. */
static void test_kept(void **state)
{
    struct run run;
    struct callers callers;
    (void)state;

    sample_run(&run, '1');
    uint32_t stack = stack_by(&run, SAMPLE_LIBA, 8);
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    const struct caller *first = find(&callers, stack);
    uint32_t outer = run.stacks.stacks[stack].outer;
    run.stacks.stacks[outer].frame.module = SAMPLE_APP;
    assert_ptr_equal(find(&callers, stack), first);
    assert_ptr_equal(callers_known(&callers, stack), first);
    assert_int_equal(first->library, SAMPLE_LIBA);
    assert_int_equal(callers_renew(&callers, NULL), 0);
    assert_int_equal(callers.known, 0);
    assert_int_equal(library_of(&callers, stack), SAMPLE_APP);
    callers_deinit(&callers);
    run_deinit(&run);
}

/* Stacks that come while it is in use, one by one. */
static void test_growth(void **state)
{
    struct run run;
    struct callers callers, fresh;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    for (uint64_t i = 0; i < 300; i++) {
        uint32_t library = i % 2 ? SAMPLE_LIBA : SAMPLE_APP;
        assert_int_equal(library_of(&callers, stack_by(&run, library, 1000 + i)), library);
    }
    assert_int_equal(callers_init(&fresh, &run, &defaults), 0);
    for (uint32_t i = 0; i < run.stacks.count; i++)
        check_same(&callers, find(&callers, i), &fresh, find(&fresh, i));
    callers_deinit(&callers);
    callers_deinit(&fresh);
    run_deinit(&run);
}

static void test_other_policy(void **state)
{
    const char *globs[] = { "liba.*" };
    const struct table_options liba_too = { .runtime = { .globs = globs, .glob_count = 1 } };
    const struct table_options none = { .runtime.no_builtin = true };
    struct run run;
    struct callers callers;
    (void)state;

    sample_run(&run, '1');
    uint32_t stack = stack_by(&run, SAMPLE_LIBA, 8);
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    assert_int_equal(library_of(&callers, stack), SAMPLE_LIBA);
    assert_int_equal(callers_renew(&callers, &liba_too), 0);
    assert_int_equal(library_of(&callers, stack), SAMPLE_APP);
    assert_int_equal(callers_renew(&callers, NULL), 0); /* the same again */
    assert_int_equal(library_of(&callers, stack), SAMPLE_APP);
    assert_int_equal(callers_renew(&callers, &none), 0);
    assert_int_equal(library_of(&callers, stack), SAMPLE_LIBC);
    assert_int_equal(callers_renew(&callers, &defaults), 0);
    assert_int_equal(library_of(&callers, stack), SAMPLE_LIBA);
    callers_deinit(&callers);
    run_deinit(&run);
}

static void test_through_signals(void **state)
{
    const struct table_options through = { .through_signals = true };
    const struct frame frames[] = { { SAMPLE_LIBC, 0, 120 },
                                    { SAMPLE_APP, 0, 15 },
                                    { SAMPLE_LIBC, FRAME_SIGNAL, 50 },
                                    { SAMPLE_LIBA, 0, 7 },
                                    { SAMPLE_APP, FRAME_ENTRY, 1 } };
    struct run run;
    struct callers callers;
    (void)state;

    sample_run(&run, '1');
    uint32_t stack = sample_stack(&run, frames, 5, STACK_COMPLETE);
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    assert_false(has(&callers, find(&callers, stack)->on_stack, SAMPLE_LIBA));
    assert_int_equal(callers_renew(&callers, &through), 0);
    assert_true(has(&callers, find(&callers, stack)->on_stack, SAMPLE_LIBA));
    assert_int_equal(library_of(&callers, stack), SAMPLE_APP);
    callers_deinit(&callers);
    run_deinit(&run);
}

/* A module that comes later; then names: of a function, which is found to be of the C library,
 * linked in statically, and so no caller. */
static void test_names_that_come_later(void **state)
{
    struct run run;
    struct callers callers;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    uint32_t libb = sample_module(&run, "libb.so", "/lib/libb.so", "libb.so", "sha1:b");
    uint32_t stack = stack_by(&run, libb, 500);
    assert_int_equal(callers_renew(&callers, NULL), 0);
    assert_int_equal(library_of(&callers, stack), libb);

    assert_int_equal(run_add_symbol(&run, libb, 490, 20, "write", "libc", SOURCE_SYMTAB), 0);
    assert_int_equal(callers_renew(&callers, NULL), 0);
    assert_int_equal(library_of(&callers, stack), SAMPLE_APP);
    assert_true(callers.library_count > run.module_count);
    callers_deinit(&callers);
    run_deinit(&run);
}

/* What comes while a run goes on changes no answer, and numbers no library anew; what is asked then
 * is as if all had been there before. */
static void test_extended(void **state)
{
    struct run run;
    struct callers callers, fresh;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(run_add_symbol(&run, SAMPLE_APP, 9990, 20, "main", "go:main", SOURCE_GO), 0);
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    uint32_t former = stack_by(&run, SAMPLE_APP, 10000);
    const struct caller before = *find(&callers, former);
    assert_string_equal(callers.libraries[before.library].component, "go:main");
    for (int i = 0; i < 40; i++) {
        char name[16], component[24];
        snprintf(name, sizeof(name), "lib%d.so", i);
        snprintf(component, sizeof(component), "rust:c%d", i % 7);
        uint32_t module = sample_module(&run, name, "/lib/x", name, name);
        for (int again = 0; again < 2; again++) /* the same function twice: one is dropped */
            assert_int_equal(run_add_symbol(&run, module, 490, 20, "f", component, SOURCE_SYMTAB),
                             0);
        assert_true(callers_is_outdated(&callers));
        assert_int_equal(callers_extend(&callers), 0);
        assert_false(callers_is_outdated(&callers));
        uint32_t stack = stack_by(&run, module, 500);
        const struct caller *caller = find(&callers, stack);
        assert_int_equal(callers.libraries[caller->library].module, module);
        assert_string_equal(callers.libraries[caller->library].component, component);
        assert_true(caller->verdict.inexact);
        caller = find(&callers, stack_by(&run, module, 900)); /* it may be of any component */
        assert_string_equal(callers.libraries[caller->library].component, "[unknown]");
        assert_int_equal(find(&callers, former)->library, before.library);
    }
    assert_int_equal(callers_init(&fresh, &run, &defaults), 0);
    for (uint32_t i = 0; i < run.stacks.count; i++) {
        const struct caller_library *a = &callers.libraries[library_of(&callers, i)],
                                    *b = &fresh.libraries[library_of(&fresh, i)];
        assert_int_equal(a->module, b->module);
        assert_string_equal(a->component, b->component);
    }
    callers_deinit(&fresh);
    callers_deinit(&callers);
    run_deinit(&run);
}

/* A C library that comes makes others runtime libraries: all is asked anew. */
static void test_extended_by_libc(void **state)
{
    struct run run;
    struct callers callers;
    (void)state;

    sample_run(&run, '1');
    uint32_t gconv = sample_module(&run, "X.so", "/mine/gconv/X.so", "", "sha1:x");
    uint32_t stack = stack_by(&run, gconv, 500);
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    assert_int_equal(library_of(&callers, stack), gconv);
    uint32_t libc = sample_module(&run, "libc.so.6", "/mine/libc.so.6", "libc.so.6", "sha1:l");
    run.modules[libc].set = SET_GLIBC;
    assert_int_equal(callers_extend(&callers), 0);
    assert_int_equal(library_of(&callers, stack), SAMPLE_APP);
    callers_deinit(&callers);
    run_deinit(&run);
}

/* All numbers change, and with them those of the answers. */
static void test_sorted_run(void **state)
{
    struct run run;
    struct callers callers;
    (void)state;

    sample_run(&run, '1');
    assert_int_equal(callers_init(&callers, &run, &defaults), 0);
    find(&callers, run.stacks.count - 1);
    assert_int_equal(run_sort(&run), 0);
    assert_int_equal(callers_renew(&callers, NULL), 0);
    uint64_t by_liba = 0;
    for (size_t i = 0; i < run.count_count; i++) {
        uint32_t library = library_of(&callers, run.counts[i].stack);
        const char *name = run.modules[callers.libraries[library].module].name;
        by_liba += strcmp(name, "liba.so.1.2") ? 0 : run.counts[i].calls;
    }
    assert_int_equal(by_liba, 10);
    callers_deinit(&callers);
    run_deinit(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order),
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_other_policy),
        cmocka_unit_test(test_through_signals),
        cmocka_unit_test(test_names_that_come_later),
        cmocka_unit_test(test_sorted_run),
        cmocka_unit_test(test_extended),
        cmocka_unit_test(test_extended_by_libc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
